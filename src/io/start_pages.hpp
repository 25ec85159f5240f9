// SPDX-License-Identifier: MIT
// The pages of program and libraries that a start has read and that what follows does not need. Used by the
// verb `run` once its spec is read, since it may wait for minutes or watch for months.
#pragma once

namespace unitgate {

// Takes all code and constants of the program and its libraries, but for the C library and the loader, out of
// this process's memory, madvise(2) with MADV_DONTNEED. They are files' pages that nobody has changed: what
// is needed again comes back by a minor fault, as long as it is in the page cache, which keeps the files as
// before. So it lowers what is resident in this process and its peak from here on, not what the host has
// cached. Writable parts, and libraries with relocations in their code, are left alone. Costs some 0.1 ms,
// with the faults that it brings. Needs no right and nothing of the caller; where the kernel refuses, the
// pages stay. A debugger's breakpoints in them are lost.
void give_back_start_pages();

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Failures of system calls on demand: the test program's own fsync(2), link(2), ... stand in front of libc's.
#pragma once

#include <string_view>

namespace unitgate::test {

// While it lives, call number `nth` (from 1) of `call` fails with `error`; later ones work again.
// Known: "open", "write", "fchmod", "fsync", "close", "link", "mkdir", "opendir".
class Fault {
  public:
    Fault(std::string_view call, int nth, int error);
    ~Fault();
    Fault(const Fault&) = delete;
    bool struck() const; // whether that call came
};

} // namespace unitgate::test

// SPDX-License-Identifier: MIT
#include "io/start_pages.hpp"

#include <cstdint>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

namespace unitgate {

namespace {

// Relocated code is in pages of its own, which can't be read from the file again.
bool has_relocated_code(const dl_phdr_info& library) {
    for (int i = 0; i < library.dlpi_phnum; ++i) {
        const auto& part = library.dlpi_phdr[i];
        if (part.p_type != PT_DYNAMIC) continue;
        const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(library.dlpi_addr + part.p_vaddr);
        for (; entry->d_tag != DT_NULL; ++entry)
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
                return true;
    }
    return false;
}

bool holds(const dl_phdr_info& library, std::uintptr_t address) {
    for (int i = 0; i < library.dlpi_phnum; ++i) {
        const auto& part = library.dlpi_phdr[i];
        if (part.p_type == PT_LOAD && address - library.dlpi_addr - part.p_vaddr < part.p_memsz) return true;
    }
    return false;
}

// The C library and the loader, which open the next library: all of their pages would come back at once.
bool is_needed_next(const dl_phdr_info& library) {
    return holds(library, reinterpret_cast<std::uintptr_t>(&::dl_iterate_phdr)) ||
           holds(library, ::getauxval(AT_BASE));
}

int give_back(dl_phdr_info* library, std::size_t, void*) {
    if (is_needed_next(*library) || has_relocated_code(*library)) return 0;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const auto& part = library->dlpi_phdr[i];
        if (part.p_type != PT_LOAD || part.p_flags & PF_W) continue;
        const std::uintptr_t begin = (library->dlpi_addr + part.p_vaddr) / page * page;
        const std::uintptr_t end = library->dlpi_addr + part.p_vaddr + part.p_filesz;
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

} // namespace

void give_back_start_pages() {
    ::dl_iterate_phdr(give_back, nullptr);
}

} // namespace unitgate

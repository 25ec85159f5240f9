// SPDX-License-Identifier: MIT
#include "io/systemd_library.hpp"

#include <cstdio>
#include <unistd.h>

#include "io/shared_library.hpp"

namespace unitgate {

namespace {

constexpr const char* remedy = "install the package libsystemd0";

Result<SystemdLibrary> load() {
#define UNITGATE_LOOK_UP(name) library.look_up(#name, found.name);
    return load_functions<SystemdLibrary>(
        "libsystemd.so.0", remedy,
        [](SharedLibrary& library, SystemdLibrary& found) { UNITGATE_SYSTEMD_FUNCTIONS(UNITGATE_LOOK_UP) });
#undef UNITGATE_LOOK_UP
}

} // namespace

const SystemdLibrary& libsystemd() {
    static const SystemdLibrary loaded = [] {
        auto library = load();
        if (library) return *library;
        std::fprintf(stderr, "unitgate: %s; %s\n", library.error().message.c_str(), remedy);
        ::_exit(127);
    }();
    return loaded;
}

} // namespace unitgate

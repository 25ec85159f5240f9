// SPDX-License-Identifier: MIT
#include "io/ids.hpp"

#include <cstdlib>
#include <unistd.h>

#include "io/systemd_library.hpp"

namespace unitgate {

namespace {

std::string text_of(sd_id128_t id) {
    char text[SD_ID128_STRING_MAX];
    return libsystemd().sd_id128_to_string(id, text);
}

} // namespace

std::string boot_id() {
    sd_id128_t id;
    return libsystemd().sd_id128_get_boot(&id) < 0 ? std::string() : text_of(id);
}

std::string invocation_id() {
    const char* value = ::getenv("INVOCATION_ID");
    const char* executed = ::getenv("SYSTEMD_EXEC_PID");
    sd_id128_t id;
    if (executed && std::to_string(::getpid()) != executed) return {};
    return value && libsystemd().sd_id128_from_string(value, &id) >= 0 ? text_of(id) : std::string();
}

std::string own_unit() {
    if (invocation_id().empty()) return {};
    char* found = nullptr;
    // There a process is in two units, its own and that of the manager.
    const bool of_user = libsystemd().sd_pid_get_user_unit(0, &found) >= 0;
    if (!of_user && libsystemd().sd_pid_get_unit(0, &found) < 0) return {};
    std::string unit = of_user ? "" : found;
    std::free(found);
    return unit;
}

std::string random_id() {
    sd_id128_t id;
    return libsystemd().sd_id128_randomize(&id) < 0 ? std::string() : text_of(id);
}

} // namespace unitgate

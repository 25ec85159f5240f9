// SPDX-License-Identifier: MIT
#include "io/ids.hpp"

#include <cstdlib>
#include <systemd/sd-id128.h>

namespace unitgate {

namespace {

std::string text_of(sd_id128_t id) {
    char text[SD_ID128_STRING_MAX];
    return sd_id128_to_string(id, text);
}

} // namespace

std::string boot_id() {
    sd_id128_t id;
    return sd_id128_get_boot(&id) < 0 ? std::string() : text_of(id);
}

std::string invocation_id() {
    const char* value = ::getenv("INVOCATION_ID");
    sd_id128_t id;
    return value && sd_id128_from_string(value, &id) >= 0 ? text_of(id) : std::string();
}

} // namespace unitgate

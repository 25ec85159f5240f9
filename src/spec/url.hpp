// SPDX-License-Identifier: MIT
// Absolute http and https URLs (RFC 3986): the parts that a probe and the plan need, and the one text of a
// URL that may be shown. Stricter than curl on purpose: what is odd is refused where a person wrote it.
// Called wherever a URL is checked, compared or shown; never resolves a name, never decodes %XX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace unitgate {

struct Url {
    std::string scheme; // "http" or "https"
    std::string user, password;
    std::string host;            // lower-cased; an IPv6 literal without brackets and in its shortest form
    std::uint16_t port = 0;      // as written, else 80 or 443
    std::string path = "/";      // as written, "/" where nothing was
    std::string query, fragment; // without '?' and '#'

    bool has_default_port() const;
    // "host", "host:8443", "[::1]:8443": what stands in a Host header.
    std::string authority() const;
    // Scheme, authority and path alone: no user, password, query or fragment. Safe to show and to store.
    std::string without_secrets() const;
};

// Fails with what is wrong; the message never holds the URL itself, which may carry a password.
Result<Url> parse_url(std::string_view text);

// without_secrets() of what parses, else "(invalid URL)".
std::string url_without_secrets(std::string_view text);

// Letters, digits, '-', '_' and '.', labels of 1 to 63 and at most 253 bytes in all; or an IPv4 address.
bool is_valid_host_name(std::string_view host);

} // namespace unitgate

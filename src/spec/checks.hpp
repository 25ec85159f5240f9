// SPDX-License-Identifier: MIT
// Rules for single texts of a spec, each with its source. Each returns an error whose message continues the
// sentence "'VALUE' ..." in the decoder. Called by the decoder and by whatever takes such a text from
// elsewhere (a version from a command).
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/error.hpp"

namespace unitgate {

// What every name of a unit is made of, systemd.unit(5): a suffix for its type; letters, digits and ":-_.\@".
bool has_unit_suffix(std::string_view name);
constexpr bool is_unit_name_byte(char byte) {
    return is_letter_or_digit(byte) || byte == ':' || byte == '-' || byte == '_' || byte == '.' ||
           byte == '\\' || byte == '@';
}

// systemd.unit(5): those bytes, at most 255, and a suffix with something before it.
// A template without instance is refused: it names no unit.
Status check_unit_name(std::string_view name);

// 1 to 128 printable ASCII characters without a leading '-', so that no command takes it for an option.
Status check_version(std::string_view version);

// systemd.exec(5): a file name; here without anything that would need escaping in a unit file or in
// {credential:ID}.
Status check_credential_id(std::string_view id);

Status check_absolute_path(std::string_view path);    // also: no control bytes, no NUL
Status check_environment_name(std::string_view name); // POSIX: [A-Za-z_][A-Za-z0-9_]*
Status check_header_name(std::string_view name);      // RFC 9110: a token
Status check_header_value(std::string_view value);    // RFC 9110: no control bytes but tabs
Status check_json_pointer(std::string_view pointer);  // RFC 6901
Status check_one_line(std::string_view text);         // no control bytes
Status check_socket_address(std::string_view text);   // see parse_socket_address()
Status check_socket_path(std::string_view path); // unix(7): absolute or '@' and a name, 107 bytes at most
Status check_method(std::string_view method);    // RFC 9110: a token; in capitals, and not CONNECT
Status check_pin(std::string_view pin);          // CURLOPT_PINNEDPUBLICKEY(3), SHA-256 alone
Status check_host_name(std::string_view name);   // RFC 1123, and '_'
Status check_service(std::string_view name);     // of Docker or gRPC: letters, digits and "_.-/"

} // namespace unitgate

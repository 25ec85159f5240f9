// SPDX-License-Identifier: MIT
#include "spec/checks.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "spec/model.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

constexpr std::array<std::string_view, 11> suffixes = {".service", ".socket",    ".target", ".device",
                                                       ".mount",   ".automount", ".swap",   ".timer",
                                                       ".path",    ".slice",     ".scope"};

} // namespace

bool has_unit_suffix(std::string_view name) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](std::string_view suffix) { return name.ends_with(suffix); });
}

Status check_unit_name(std::string_view name) {
    if (name.empty()) return fail("is empty", "write the full name of a unit, as docker.service");
    if (name.size() > 255) return fail("is longer than 255 bytes");
    if (!has_unit_suffix(name))
        return fail("has no suffix of a unit type",
                    "write the full name, as docker.service or network-online.target");
    if (!std::all_of(name.begin(), name.end(), is_unit_name_byte))
        return fail("holds a character that no unit name may hold",
                    "use letters, digits and :-_.\\@ only; systemd-escape(1) escapes the rest");
    auto at = name.find('@'), dot = name.rfind('.');
    if (dot == 0 || at == 0) return fail("has nothing before its suffix");
    if (at != std::string_view::npos && at + 1 == dot)
        return fail("is a template without an instance", "name one instance, as getty@tty1.service");
    return {};
}

Status check_version(std::string_view version) {
    if (version.empty()) return fail("is empty", "write a version such as 1.2.3");
    if (version.size() > 128) return fail("is longer than 128 characters");
    if (version[0] == '-')
        return fail("starts with '-', so that a command would take it for an option",
                    "write it without the '-' in front");
    if (!std::all_of(version.begin(), version.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
        return fail("holds something other than printable ASCII characters",
                    "a version is one line such as 1.2.3");
    return {};
}

Status check_credential_id(std::string_view id) {
    bool valid = std::all_of(id.begin(), id.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
    });
    if (id.empty() || id.size() > 255 || id == "." || id == ".." || !valid)
        return fail("is no valid credential ID", "use letters, digits, '-', '_' and '.'");
    return {};
}

Status check_absolute_path(std::string_view path) {
    if (path.empty()) return fail("is empty", "write an absolute path");
    if (path[0] != '/')
        return fail("is a relative path, and a unit has no folder of its own", "write it from '/' on");
    if (path.size() > 4095) return fail("is longer than any path may be");
    if (std::any_of(path.begin(), path.end(), is_control)) return fail("holds a control byte");
    return {};
}

Status check_environment_name(std::string_view name) {
    bool valid =
        std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
    if (name.empty() || is_digit(name[0]) || !valid)
        return fail("is no valid name of a variable", "use letters, digits and '_', a digit not in front");
    if (name.starts_with("UNITGATE_"))
        return fail("is set by unitgate itself", "choose a name that does not start with UNITGATE_");
    return {};
}

Status check_header_name(std::string_view name) {
    bool valid = std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
    if (name.empty() || !valid) return fail("is no valid name of a header", "use letters, digits and '-'");
    return {};
}

Status check_header_value(std::string_view value) {
    if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
        return fail("holds a control byte", "a header is one line of text");
    return {};
}

Status check_json_pointer(std::string_view pointer) {
    if (!pointer.empty() && pointer[0] != '/')
        return fail("is no JSON pointer",
                    "write a '/' before each step, as \"/Version\" or \"/items/0/name\"");
    for (auto at = pointer.find('~'); at != std::string_view::npos; at = pointer.find('~', at + 1))
        if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1'))
            return fail("is no JSON pointer: '~' stands alone", "write '~0' for '~' and '~1' for '/'");
    return {};
}

Status check_one_line(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), is_control))
        return fail("holds a control byte", "write one line of text");
    return {};
}

Status check_socket_address(std::string_view text) {
    if (auto address = parse_socket_address(text); !address)
        return fail(address.error().message, address.error().remedy);
    return {};
}

Status check_socket_path(std::string_view path) {
    bool abstract = path.starts_with('@') && path.size() > 1;
    if (auto ok = abstract ? check_one_line(path) : check_absolute_path(path); !ok) return ok;
    if (path.size() > 107) return fail("is longer than the 107 bytes that a socket's path may have");
    return {};
}

Status check_method(std::string_view method) {
    if (!check_header_name(method)) return fail("is no valid HTTP method", "write it as method = \"POST\"");
    if (std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
        return fail("has small letters, and methods are told apart by them", "write it in capitals");
    if (method == "CONNECT")
        return fail("opens a tunnel, which no probe goes through", "use GET, HEAD, POST or another");
    return {};
}

Status check_pin(std::string_view pin) {
    constexpr std::string_view begin = "sha256//";
    for (std::string_view one : split(pin, ';')) {
        // 32 bytes in Base64: 43 characters and one '='.
        bool valid = one.size() == begin.size() + 44 && one.starts_with(begin) && one.back() == '=';
        if (valid) one = one.substr(begin.size(), 43);
        if (!valid || !std::all_of(one.begin(), one.end(),
                                   [](char c) { return is_letter_or_digit(c) || c == '+' || c == '/'; }))
            return fail("is no pin of a public key",
                        "write \"sha256//\" and 44 characters of Base64; of two pins with ';' between, one "
                        "has to match");
    }
    return {};
}

Status check_host_name(std::string_view name) {
    if (!is_valid_host_name(name))
        return fail("is no valid host name", "use letters, digits, '-' and '.', as in db.example.net");
    return {};
}

Status check_service(std::string_view name) {
    bool valid = std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter_or_digit(c) || std::string_view("_.-/").find(c) != std::string_view::npos;
    });
    if (name.empty() || name.size() > 255 || !valid)
        return fail("is no valid name of a service", "use letters, digits, '_', '-' and '.'");
    return {};
}

} // namespace unitgate

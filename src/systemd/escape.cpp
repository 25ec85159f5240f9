// SPDX-License-Identifier: MIT
#include "systemd/escape.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "spec/checks.hpp"

namespace unitgate {

std::string unit_text_value(std::string_view text) {
    std::string value = replace_all(escape_controls(trim(text)), "%", "%%");
    // The blank is dropped again, but by then the backslash no longer joins lines.
    if (value.ends_with('\\')) value += ' ';
    return value;
}

std::optional<std::string> unit_path_value(std::string_view path) {
    if (escape_controls(path) != path || path.ends_with(' ')) return std::nullopt;
    std::string value = replace_all(path, "%", "%%");
    if (value.ends_with('\\')) value += ' ';
    return value;
}

std::string exec_argument(std::string_view argument) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    // A ';' alone would begin another command.
    bool quote = argument.empty() || argument == ";";
    for (char byte : argument) {
        auto value = static_cast<unsigned char>(byte);
        quote = quote || byte == ' ' || byte == '\'' || byte == '"' || byte == '\\' || is_control(byte) ||
                value >= 0x80;
        if (byte == '%' || byte == '$')
            out += {byte, byte};
        else if (byte == '"' || byte == '\\')
            out += {'\\', byte};
        else if (is_control(byte) || value >= 0x80)
            out += {'\\', 'x', digits[value >> 4], digits[value & 15]};
        else
            out += byte;
    }
    return quote ? "\"" + out + "\"" : out;
}

bool is_unit_name(std::string_view name) {
    if (name.size() > 255 || name.starts_with('.') || name.starts_with('@')) return false;
    return has_unit_suffix(name) &&
           std::all_of(name.begin(), name.end(), [](char byte) { return is_unit_name_byte(byte); });
}

bool is_service_name(std::string_view name) {
    return is_unit_name(name) && name.ends_with(".service") && name.find("@.") == std::string_view::npos;
}

} // namespace unitgate

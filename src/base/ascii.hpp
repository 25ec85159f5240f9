// SPDX-License-Identifier: MIT
// Single bytes as ASCII has them, and nothing else: no locale, unlike <cctype>, and no byte of a longer
// character.
#pragma once

#include <algorithm>
#include <string_view>

namespace unitgate {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_letter_or_digit(char c) {
    return is_letter(c) || is_digit(c);
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Below a blank, or DEL: also tabs and line breaks.
constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whatever the case of their letters.
constexpr bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

} // namespace unitgate

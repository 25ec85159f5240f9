// SPDX-License-Identifier: MIT
// Texts and keys of TOML: quotes, escapes, texts of several lines.
#include "spec/toml_scanner.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate::toml_detail {

namespace {

bool is_bare(char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-';
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(std::string& into, std::uint32_t code) {
    auto put = [&](std::uint32_t byte) { into += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

} // namespace

bool Scanner::take_text(std::string& into) {
    char quote = peek();
    bool block = peek(1) == quote && peek(2) == quote;
    return block ? take_block_text(into, quote) : take_line_text(into, quote);
}

bool Scanner::take_line_text(std::string& into, char quote) {
    Mark start = at_;
    advance();
    for (;;) {
        // All up to the next byte that may mean something else.
        auto end =
            std::min(text_.find_first_of(quote == '"' ? "\"\\\r\n" : "'\r\n", at_.offset), text_.size());
        into.append(text_, at_.offset, end - at_.offset);
        at_.offset = end;
        if (!at_end() && peek() == quote) break;
        if (at_line_end()) {
            go_back_to(start);
            return fail(place_to_line_end(start), "this string is not closed on its line",
                        std::string("end it with ") + quote +
                            ", or use three quotes for a string of several lines");
        }
        if (peek() == '\\' && quote == '"') {
            if (!take_escape(into)) return false;
        } else {
            into += peek();
            advance();
        }
    }
    advance();
    return true;
}

bool Scanner::take_block_text(std::string& into, char quote) {
    Mark start = at_;
    advance(3);
    if (!at_end() && at_line_end()) take_newline(); // one right after the quotes is no part of the text
    for (;;) {
        if (at_end()) { // stays here: what follows the quotes may be text or not
            return fail(place_to_line_end(start), "this string of several lines is never closed",
                        std::string("end it with ") + std::string(3, quote));
        }
        if (peek() == quote && peek(1) == quote && peek(2) == quote) break;
        if (at_line_end()) {
            into += '\n';
            take_newline();
        } else if (quote == '"' && peek() == '\\') {
            // A backslash at the end of a line swallows all space up to the next text.
            Mark backslash = at_;
            advance();
            skip_blanks();
            if (!at_end() && at_line_end()) {
                while (!at_end() && (at_line_end() || peek() == ' ' || peek() == '\t')) {
                    if (at_line_end())
                        take_newline();
                    else
                        advance();
                }
            } else {
                go_back_to(backslash);
                if (!take_escape(into)) return false;
            }
        } else {
            into += peek();
            advance();
        }
    }
    advance(3);
    for (int extra = 0; extra < 2 && peek() == quote;
         ++extra) { // up to two quotes may stand before the last three
        into += quote;
        advance();
    }
    return true;
}

bool Scanner::take_escape(std::string& into) {
    Mark start = at_;
    advance();
    static constexpr std::string_view letters = "btnfr\"\\", bytes = "\b\t\n\f\r\"\\";
    char letter = peek();
    if (auto known = letters.find(letter); known != std::string_view::npos && !at_end()) {
        into += bytes[known];
        advance();
        return true;
    }
    if (letter == 'u' || letter == 'U') return take_code_point(into, start, letter == 'u' ? 4 : 8);
    std::size_t length = at_line_end() ? 0 : std::max<std::size_t>(utf8_length(text_.substr(at_.offset)), 1);
    advance(length);
    std::string shown(since(start));
    return fail(place_since(start), "'" + shown + "' is no escape of a string in double quotes",
                "write '\\" + shown +
                    "', or put the string in single quotes, which take backslashes as they are");
}

bool Scanner::take_code_point(std::string& into, const Mark& start, int digits) {
    advance();
    std::uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
        int digit = hex_digit(peek());
        if (digit < 0)
            return fail(place_since(start),
                        "this escape needs " + std::to_string(digits) + " hexadecimal digits",
                        "write it as \\u00e9 or \\U0001f600");
        code = code << 4 | static_cast<std::uint32_t>(digit);
        advance();
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return fail(place_since(start), "this escape names no Unicode character");
    append_utf8(into, code);
    return true;
}

bool Scanner::take_key_part(std::string& into) {
    Mark start = at_;
    if (peek() == '"' || peek() == '\'') {
        if (peek(1) == peek() && peek(2) == peek())
            return fail(place_here(3), "a key cannot have three quotes", "write it with one");
        return take_text(into);
    }
    while (is_bare(peek()) && !at_end())
        advance();
    into = since(start);
    if (!into.empty()) return true;
    if (at_line_end() || peek() == '#' || peek() == ']') return fail(place_here(), "a key is missing here");
    if (peek() == '=')
        return fail(place_here(), "there is no key before this '='", "write it as key = value");
    auto length = static_cast<std::uint32_t>(std::max<std::size_t>(utf8_length(text_.substr(at_.offset)), 1));
    return fail(place_here(length), "a key cannot start with this",
                "use letters, digits, '_' and '-', or put the key in quotes");
}

} // namespace unitgate::toml_detail

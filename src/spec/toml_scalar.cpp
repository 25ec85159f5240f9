// SPDX-License-Identifier: MIT
// Numbers, booleans and dates of TOML, and what to say about a word that is none of them.
#include "spec/toml_scanner.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/ascii.hpp"

namespace unitgate::toml_detail {

namespace {

bool is_word(char c) {
    return is_letter_or_digit(c) || c == '+' || c == '-' || c == '_' || c == '.' || c == ':';
}

// Without the underscores, which must stand between two digits of `base`; empty where they do not.
std::string without_underscores(std::string_view word, bool (*digit)(char)) {
    std::string out;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '_') {
            out += word[i];
            continue;
        }
        if (i == 0 || i + 1 == word.size() || !digit(word[i - 1]) || !digit(word[i + 1])) return {};
    }
    return out;
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

enum class Read { yes, no, too_large };

Read read_integer(std::string_view word, std::int64_t& into) {
    int base = 10;
    std::string digits;
    if (word.starts_with("0x") || word.starts_with("0o") || word.starts_with("0b")) {
        base = word[1] == 'x' ? 16 : word[1] == 'o' ? 8 : 2;
        digits = without_underscores(word.substr(2), is_hex);
        if (digits.empty() || digits[0] == '-') return Read::no;
    } else {
        digits = without_underscores(word, is_digit);
        std::string_view number = digits;
        if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
        if (number.empty() || !is_digit(number[0]) || (number.size() > 1 && number[0] == '0'))
            return Read::no;
        if (digits.starts_with('+')) digits.erase(0, 1); // std::from_chars knows none
    }
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into, base);
    if (end != digits.data() + digits.size()) return Read::no;
    return error == std::errc::result_out_of_range ? Read::too_large
           : error == std::errc()                  ? Read::yes
                                                   : Read::no;
}

bool read_real(std::string_view word, double& into) {
    std::string digits = without_underscores(word, is_digit);
    std::string_view number = digits;
    bool negative = number.starts_with('-');
    if (negative || number.starts_with('+')) number.remove_prefix(1);
    if (number == "inf" || number == "nan") {
        into = number == "inf" ? std::numeric_limits<double>::infinity()
                               : std::numeric_limits<double>::quiet_NaN();
        if (negative) into = -into;
        return true;
    }
    // digits [ '.' digits ] [ 'e' [sign] digits ], with at least one of the two; no leading zero
    std::size_t i = 0;
    auto take_digits = [&] {
        std::size_t first = i;
        while (i < number.size() && is_digit(number[i]))
            ++i;
        return i > first;
    };
    if (!take_digits() || (i > 1 && number[0] == '0') || i == number.size()) return false;
    if (number[i] == '.') {
        ++i;
        if (!take_digits()) return false;
    }
    if (i < number.size() && (number[i] == 'e' || number[i] == 'E')) {
        ++i;
        if (i < number.size() && (number[i] == '+' || number[i] == '-')) ++i;
        if (!take_digits()) return false;
    }
    if (i != number.size()) return false;
    // Not std::from_chars: in a program with a static libstdc++ it would load libm. The locale is always "C".
    into = std::strtod(std::string(number).c_str(), nullptr);
    if (negative) into = -into;
    return true;
}

// The shape of a date or a time of day; no key of a spec takes one, so the calendar is not asked.
bool looks_like_date(std::string_view word) {
    auto fits = [&](std::string_view shape) {
        if (word.size() < shape.size()) return false;
        for (std::size_t i = 0; i < shape.size(); ++i)
            if (shape[i] == 'd' ? !is_digit(word[i]) : word[i] != shape[i]) return false;
        return true;
    };
    auto tail_is_plain = [&](std::size_t from) {
        return std::all_of(word.begin() + static_cast<long>(from), word.end(), [](char c) {
            return is_digit(c) || c == ':' || c == '.' || c == '+' || c == '-' || c == 'T' || c == 't' ||
                   c == 'Z' || c == 'z' || c == ' ';
        });
    };
    return (fits("dddd-dd-dd") && tail_is_plain(10)) || (fits("dd:dd:dd") && tail_is_plain(8));
}

} // namespace

bool Scanner::take_scalar(Node& into) {
    Mark start = at_;
    while (is_word(peek()) && !at_end())
        advance();
    std::string_view word = since(start);
    if (word.size() == 10 && looks_like_date(word) && peek() == ' ' && is_digit(peek(1))) {
        advance();
        while (is_word(peek()) && !at_end())
            advance();
        word = since(start);
    }
    into.text = word;
    if (word == "true" || word == "false") {
        into.kind = Node::Kind::boolean;
        into.boolean = word == "true";
        return true;
    }
    switch (read_integer(word, into.integer)) {
    case Read::yes:
        into.kind = Node::Kind::integer;
        return true;
    case Read::too_large:
        return fail(place_since(start), "this number is too large", "integers have 64 bits");
    case Read::no:
        break;
    }
    if (read_real(word, into.real)) {
        into.kind = Node::Kind::real;
        return true;
    }
    if (looks_like_date(word)) {
        into.kind = Node::Kind::date;
        return true;
    }
    return fail_scalar(start, word);
}

// The word itself is not repeated in the cause: it may be a secret whose quotes were forgotten.
bool Scanner::fail_scalar(const Mark& start, std::string_view word) {
    if (starts_with("\xe2\x80\x9c") || starts_with("\xe2\x80\x9d") || starts_with("\xe2\x80\x98") ||
        starts_with("\xe2\x80\x99"))
        return fail(place_here(3), "a typographic quote is no quote", "write \" or '");
    static constexpr std::array<std::string_view, 8> booleans = {"yes",  "no",    "on",   "off",
                                                                 "True", "False", "TRUE", "FALSE"};
    if (std::find(booleans.begin(), booleans.end(), word) != booleans.end())
        return fail(place_since(start), "this is no boolean", "write true or false");
    // Up to what ends a value, so that the caret is under all of it.
    while (!at_line_end() && std::string_view(" \t,]}#").find(peek()) == std::string_view::npos)
        advance();
    if (since(start).empty()) return fail(place_here(), "a value is missing here");
    if (is_digit(since(start)[0]))
        return fail(place_since(start), "this is neither a number nor a date",
                    "a string or duration needs quotes, as in \"30s\"");
    return fail(place_since(start), "a string needs quotes", "put it in double or single quotes");
}

} // namespace unitgate::toml_detail

// SPDX-License-Identifier: MIT
#include "spec/toml_scanner.hpp"

#include <algorithm>
#include <utility>

namespace unitgate::toml_detail {

void Scanner::take_newline() {
    at_.offset += peek() == '\r' ? 2 : 1;
    ++at_.line;
    at_.line_start = at_.offset;
}

void Scanner::skip_blanks() {
    while (peek() == ' ' || peek() == '\t')
        advance();
}

void Scanner::skip_line() {
    auto end = text_.find('\n', at_.offset);
    if (end == std::string_view::npos)
        end = text_.size();
    else if (end > at_.offset && text_[end - 1] == '\r')
        --end;
    at_.offset = end;
}

void Scanner::skip_space() {
    for (;;) {
        skip_blanks();
        if (peek() == '#') skip_line();
        if (at_end() || !at_line_end()) return;
        take_newline();
    }
}

bool Scanner::take_rest_of_line() {
    skip_blanks();
    if (peek() == '#') skip_line();
    return at_line_end();
}

Place Scanner::place_since(const Mark& start) const {
    std::string_view all = since(start);
    std::size_t width = std::min(all.find('\n'), all.size());
    return {&file_, start.line, static_cast<std::uint32_t>(start.offset - start.line_start + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(width, 1))};
}

Place Scanner::place_here(std::uint32_t width) const {
    return {&file_, at_.line, static_cast<std::uint32_t>(at_.offset - at_.line_start + 1), width};
}

Place Scanner::place_to_line_end(const Mark& start) const {
    std::string_view rest = text_.substr(start.offset, text_.find('\n', start.offset) - start.offset);
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t' || rest.back() == '\r'))
        rest.remove_suffix(1);
    return {&file_, start.line, static_cast<std::uint32_t>(start.offset - start.line_start + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(rest.size(), 1))};
}

bool Scanner::fail(const Place& place, std::string cause, std::string remedy, std::string code) {
    if (!failure_) failure_ = diagnose(place, std::move(code), std::move(cause), std::move(remedy));
    return false;
}

std::optional<Diagnostic> Scanner::take_failure() {
    return std::exchange(failure_, std::nullopt);
}

} // namespace unitgate::toml_detail

// SPDX-License-Identifier: MIT
// The cursor of the TOML parser: bytes, lines, places, and the first thing that is wrong with a statement.
// Internal to spec/toml*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "spec/toml.hpp"

namespace unitgate::toml_detail {

struct Mark {
    std::size_t offset = 0;
    std::uint32_t line = 1;
    std::size_t line_start = 0;
};

class Scanner {
  public:
    explicit Scanner(const SourceFile& file) : file_(file), text_(file.text) {}

    bool at_end() const { return at_.offset >= text_.size(); }
    char peek(std::size_t ahead = 0) const {
        return at_.offset + ahead < text_.size() ? text_[at_.offset + ahead] : '\0';
    }
    bool starts_with(std::string_view word) const { return text_.substr(at_.offset).starts_with(word); }
    bool at_line_end() const { return at_end() || peek() == '\n' || (peek() == '\r' && peek(1) == '\n'); }
    void advance(std::size_t bytes = 1) { at_.offset += bytes; } // never over a newline
    void take_newline();
    void skip_blanks();
    void skip_line();  // to the end of the line, not over it
    void skip_space(); // blanks, newlines and comments
    // Blanks and a comment; true when the line ends there.
    bool take_rest_of_line();

    const Mark& mark() const { return at_; }
    void go_back_to(const Mark& mark) { at_ = mark; }
    std::string_view since(const Mark& start) const {
        return text_.substr(start.offset, at_.offset - start.offset);
    }
    // The place of what was read since `start`: its first line alone.
    Place place_since(const Mark& start) const;
    Place place_here(std::uint32_t width = 1) const;
    // From `start` to the last byte of its line that is no blank.
    Place place_to_line_end(const Mark& start) const;

    // Values; false after fail().
    bool take_text(std::string& into);
    bool take_scalar(Node& into);
    bool take_key_part(std::string& into);

    // Notes the first thing wrong with a statement; always returns false.
    bool fail(const Place& place, std::string cause, std::string remedy = {}, std::string code = "syntax");
    std::optional<Diagnostic> take_failure();

  private:
    const SourceFile& file_;
    std::string_view text_;
    Mark at_;
    std::optional<Diagnostic> failure_;

    bool take_line_text(std::string& into, char quote);
    bool take_block_text(std::string& into, char quote);
    bool take_escape(std::string& into);
    bool take_code_point(std::string& into, const Mark& start, int digits);
    bool fail_scalar(const Mark& start, std::string_view word);
};

} // namespace unitgate::toml_detail

// SPDX-License-Identifier: MIT
// Small text helpers that more than one layer needs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unitgate {

// Control bytes, DEL, and bytes that are no valid UTF-8 become \n, \t, \x1b, ...: safe for terminal and
// journal.
std::string escape_controls(std::string_view text);

// Length of the valid UTF-8 sequence at the start of `text` (RFC 3629), 0 when there is none or `text` is
// empty.
std::size_t utf8_length(std::string_view text);

// The one candidate that begins with `word`; else the nearest (Damerau-Levenshtein), or empty when none is
// near enough to be a typo.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

std::string in_quotes(std::string_view text); // 'text'
// One word of a shell's command line, quoted where it needs to be.
std::string shell_word(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text); // blanks, tabs, CR, LF at both ends
std::string join(std::span<const std::string> parts, std::string_view separator);
std::vector<std::string> each_in_quotes(std::span<const std::string> texts);
// "a, b and 3 more": a list for people, who read no more than eight names of it.
std::string some_of(std::span<const std::string> names);

// Replaces every occurrence of `token` ("{version}") in `text`.
std::string replace_all(std::string_view text, std::string_view token, std::string_view value);

} // namespace unitgate

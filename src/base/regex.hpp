// SPDX-License-Identifier: MIT
// A compiled regular expression (PCRE2, UTF-8; a subject may hold broken UTF-8). Matching is bounded: a
// pattern that backtracks without end fails, it does not hang. Used for [version] extract and the body rule
// of a probe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace unitgate {

class Regex {
  public:
    // Fails with PCRE2's reason and the byte in the pattern.
    static Result<Regex> compile(std::string_view pattern);
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;
    ~Regex();

    std::uint32_t groups() const; // capturing groups in the pattern

    // Whether it matches anywhere. Fails where the match limit is hit.
    Result<bool> matches(std::string_view subject) const;

    // Text of the first group of the first match; nullopt without a match. Fails where the match limit is
    // hit.
    Result<std::optional<std::string>> first_group(std::string_view subject) const;

    // `text` so that a pattern matches it literally.
    static std::string quote(std::string_view text);

  private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
    explicit Regex(std::unique_ptr<Compiled> compiled);
};

} // namespace unitgate

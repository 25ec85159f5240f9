// SPDX-License-Identifier: MIT
// Reads the keys of one table of a spec into plain values and reports what is wrong with each; never stops at
// the first mistake. A value that is wrong leaves its default. Internal to spec/decode*.cpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "spec/keys.hpp"
#include "spec/model.hpp"
#include "spec/placeholders.hpp"
#include "spec/toml.hpp"

namespace unitgate {

// Where mistakes go.
struct Report {
    Diagnostics& out;
    // The file could not be read to its end: what seems to be missing may well be there.
    bool partial = false;

    // `token` is what the caret goes under, where the source has it as it stands.
    void placeholder(const Place& place, std::string_view context, const PlaceholderFault& fault) const;

    void error(const Place& place, std::string code, std::string cause, std::string remedy = {}) const {
        out.push_back(diagnose(place, std::move(code), std::move(cause), std::move(remedy)));
    }
};

// `text` in single quotes, clipped where it is long.
std::string in_quotes_clipped(std::string_view text);

using Check = std::function<Status(std::string_view)>;

class Reader {
  public:
    // `table` may be null: then every key is missing. Unknown keys are reported at once.
    Reader(const Node* table, std::string_view name, const Report& report);

    explicit operator bool() const { return table_; }
    const Report& report() const { return report_; }
    Place place() const { return table_ ? table_->place : Place{}; }
    bool has(std::string_view key) const { return find(key); }
    const Node* find(std::string_view key) const { return table_ ? table_->find(key) : nullptr; }
    // The value when it is of that kind; else null, and reported unless it is missing.
    const Node* take(std::string_view key, Node::Kind kind) const;

    // Each returns whether the key is there and right; `code` and `check` say what is wrong with a value.
    bool text(std::string_view key, std::string& into, std::string_view code = {},
              const Check& check = {}) const;
    // The same, for values that may hold a secret: the cause does not repeat them.
    bool secret_text(std::string_view key, std::string& into, std::string_view code,
                     const Check& check) const;
    bool texts(std::string_view key, Names& into, std::string_view code, const Check& check) const;
    bool command(std::string_view key, std::vector<std::string>& into, const PlaceholderRules& rules) const;
    bool span(std::string_view key, Duration& into, bool may_be_zero = false) const;
    bool integer(std::string_view key, int& into, int least, int most) const;
    bool boolean(std::string_view key, bool& into) const;

    // The key is there and should not be.
    void conflict(std::string_view key, std::string cause, std::string remedy) const;

    // "'after' of [unit]"
    std::string shown(std::string_view key) const;
    void wrong_type(std::string_view key, const Node& value, std::string_view needed = {}) const;
    void bad_value(const Place& place, std::string_view key, std::string_view value, std::string_view code,
                   const Error& why) const;

  private:
    const Node* table_;
    std::string_view name_;
    const Report& report_;

    bool plain_text(std::string_view key, const Node& value) const; // a text without NUL
    bool one_text(std::string_view key, std::string& into, std::string_view code, const Check& check,
                  bool secret) const;
};

} // namespace unitgate

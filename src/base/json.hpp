// SPDX-License-Identifier: MIT
// JSON values for state files, alerts, `--json` and the `json` rule of a probe. Hides the library, whose
// header costs seconds per including file. Objects keep the order of insertion.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace unitgate {

class Json {
  public:
    static Json object();
    static Json array();
    Json(); // null
    Json(std::string_view text);
    Json(const std::string& text) : Json(std::string_view(text)) {}
    Json(const char* text) : Json(std::string_view(text)) {}
    Json(bool value);
    Json(std::int64_t value);
    Json(int value) : Json(std::int64_t{value}) {}
    Json(double value);
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(Json other) noexcept;
    ~Json();

    // Fails with the offset; nesting deeper than 128 is refused.
    static Result<Json> parse(std::string_view text);

    Json& set(std::string_view key, Json value); // on an object; returns *this
    Json& push(Json value);                      // on an array; returns *this

    // Values; nullopt where the type is another.
    std::optional<std::string> as_string() const;
    std::optional<std::int64_t> as_integer() const;
    std::optional<double> as_number() const; // with a fraction or without
    std::optional<bool> as_bool() const;
    bool is_null() const;
    bool is_object() const;
    bool is_array() const;

    Json get(std::string_view key) const; // null where missing or no object
    std::vector<Json> items() const;      // of an array; empty for others
    // RFC 6901; nullopt where nothing is there. Fails on a malformed pointer ("" is the whole, else leading
    // '/').
    Result<std::optional<Json>> at_pointer(std::string_view pointer) const;
    // The value as a person would compare it: a string without quotes, else its JSON text.
    std::string plain() const;

    std::string dump(int indent = -1) const; // bytes that are no UTF-8 are replaced, never thrown on

  private:
    struct Value;
    std::unique_ptr<Value> value_;
    explicit Json(std::unique_ptr<Value> value);
};

inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}
Json json_list(const std::vector<std::string>& texts);

} // namespace unitgate

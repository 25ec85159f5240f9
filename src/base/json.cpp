// SPDX-License-Identifier: MIT
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace unitgate {

using Tree = nlohmann::ordered_json;

namespace {

constexpr std::size_t deepest = 128;

// The parser of the library recurses; bound it before a hostile answer can overflow the stack.
bool too_deep(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

} // namespace

struct Json::Value {
    Tree tree;
};

Json::Json(std::unique_ptr<Value> value) : value_(std::move(value)) {}
Json::Json() : value_(std::make_unique<Value>()) {}
Json::Json(std::string_view text) : value_(new Value{Tree(std::string(text))}) {}
Json::Json(bool value) : value_(new Value{Tree(value)}) {}
Json::Json(std::int64_t value) : value_(new Value{Tree(value)}) {}
Json::Json(double value) : value_(new Value{Tree(value)}) {}
Json::Json(const Json& other) : value_(std::make_unique<Value>(*other.value_)) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json other) noexcept {
    value_ = std::move(other.value_);
    return *this;
}
Json::~Json() = default;

Json Json::object() {
    return Json(std::unique_ptr<Value>(new Value{Tree::object()}));
}

Json Json::array() {
    return Json(std::unique_ptr<Value>(new Value{Tree::array()}));
}

Result<Json> Json::parse(std::string_view text) {
    if (too_deep(text)) return fail("JSON is nested deeper than " + std::to_string(deepest) + " levels");
    try {
        return Json(std::unique_ptr<Value>(new Value{Tree::parse(text)}));
    } catch (const Tree::parse_error& error) {
        return fail("no valid JSON at byte " + std::to_string(error.byte));
    } catch (const Tree::exception& error) {
        return fail(std::string("no valid JSON: ") + error.what());
    }
}

Json& Json::set(std::string_view key, Json value) {
    value_->tree[std::string(key)] = std::move(value.value_->tree);
    return *this;
}

Json& Json::push(Json value) {
    value_->tree.push_back(std::move(value.value_->tree));
    return *this;
}

std::optional<std::string> Json::as_string() const {
    if (!value_->tree.is_string()) return std::nullopt;
    return value_->tree.get<std::string>();
}

std::optional<std::int64_t> Json::as_integer() const {
    if (!value_->tree.is_number_integer()) return std::nullopt;
    return value_->tree.get<std::int64_t>();
}

std::optional<double> Json::as_number() const {
    if (!value_->tree.is_number()) return std::nullopt;
    return value_->tree.get<double>();
}

std::optional<bool> Json::as_bool() const {
    if (!value_->tree.is_boolean()) return std::nullopt;
    return value_->tree.get<bool>();
}

bool Json::is_null() const {
    return value_->tree.is_null();
}

bool Json::is_object() const {
    return value_->tree.is_object();
}

bool Json::is_array() const {
    return value_->tree.is_array();
}

Json Json::get(std::string_view key) const {
    if (value_->tree.is_object())
        if (auto found = value_->tree.find(std::string(key)); found != value_->tree.end())
            return Json(std::unique_ptr<Value>(new Value{*found}));
    return {};
}

std::vector<Json> Json::items() const {
    std::vector<Json> all;
    if (value_->tree.is_array())
        for (const auto& item : value_->tree)
            all.push_back(Json(std::unique_ptr<Value>(new Value{item})));
    return all;
}

Result<std::optional<Json>> Json::at_pointer(std::string_view pointer) const {
    try {
        Tree::json_pointer where{std::string(pointer)};
        if (!value_->tree.contains(where)) return std::optional<Json>();
        return std::optional<Json>(Json(std::unique_ptr<Value>(new Value{value_->tree.at(where)})));
    } catch (const Tree::exception&) {
        return fail("'" + std::string(pointer) +
                    "' is no JSON pointer (RFC 6901: '' or '/' before each step)");
    }
}

std::string Json::plain() const {
    if (auto text = as_string()) return *text;
    return dump();
}

std::string Json::dump(int indent) const {
    return value_->tree.dump(indent, ' ', false, Tree::error_handler_t::replace);
}

Json json_list(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const std::string& text : texts)
        list.push(text);
    return list;
}

} // namespace unitgate

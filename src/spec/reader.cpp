// SPDX-License-Identifier: MIT
#include "spec/reader.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_shown = 60;

std::string with_article(std::string_view kind) {
    return (kind.starts_with('i') ? "an " : "a ") + std::string(kind);
}

} // namespace

std::string in_quotes_clipped(std::string_view text) {
    if (text.size() <= longest_shown) return "'" + std::string(text) + "'";
    std::size_t cut = longest_shown;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80)
        --cut; // not inside a character
    return "'" + std::string(text.substr(0, cut)) + "...'";
}

void Report::placeholder(const Place& place, std::string_view context, const PlaceholderFault& fault) const {
    Diagnostic one = diagnose(place, "bad-placeholder", std::string(context) + fault.cause, fault.remedy);
    std::string_view value = std::string_view(one.source)
                                 .substr(std::min<std::size_t>(one.source.size(), one.column - 1), one.width);
    if (auto at = value.find(fault.token); at != std::string_view::npos) {
        one.column += static_cast<std::uint32_t>(at);
        one.width = static_cast<std::uint32_t>(fault.token.size());
    }
    out.push_back(std::move(one));
}

Reader::Reader(const Node* table, std::string_view name, const Report& report)
    : table_(table), name_(name), report_(report) {
    if (!table_) return;
    for (const Node& child : table_->children) {
        if (known_key(name, child.name)) continue;
        bool header = child.origin == Node::Origin::header || child.origin == Node::Origin::implied;
        report.error(child.key, "unknown-key",
                     (header ? "unknown table " : "unknown key ") + in_quotes_clipped(child.name) +
                         (name.empty() || name == "settings" ? " at " : " in ") + shown_table(name),
                     suggest_key(name, child.name));
    }
}

std::string Reader::shown(std::string_view key) const {
    std::string out = "'" + std::string(key) + "'";
    if (!name_.empty() && name_ != "settings") out += " of " + shown_table(name_);
    return out;
}

void Reader::wrong_type(std::string_view key, const Node& value, std::string_view needed) const {
    const KnownKey* known = known_key(name_, key);
    std::string wanted = needed.empty() ? with_article(known ? known->kind : "value") : std::string(needed);
    std::string remedy;
    if (known) {
        remedy = "write it as " + std::string(key) + " = " + std::string(known->example);
        bool scalar = value.kind != Node::Kind::list && value.kind != Node::Kind::table;
        if (known->kind == "string" && scalar)
            remedy = "write it as " + std::string(key) + " = \"" + value.text + "\"";
        if (known->kind == "list of tables" && value.kind == Node::Kind::table)
            remedy = "write the header with two brackets: " +
                     shown_table(std::string(name_) + "." + std::string(key));
        if (known->kind == "table" && value.kind == Node::Kind::list && value.origin == Node::Origin::header)
            remedy = "write the header with one bracket: [" + std::string(key) + "]";
    }
    report_.error(value.place, "wrong-type",
                  shown(key) + " must be " + wanted + ", not " + std::string(kind_with_article(value.kind)),
                  remedy);
}

void Reader::bad_value(const Place& place, std::string_view key, std::string_view value,
                       std::string_view code, const Error& why) const {
    std::string cause =
        value.data() ? in_quotes_clipped(value) + " in " + shown(key) + " " : shown(key) + " ";
    report_.error(place, std::string(code), cause + why.message, why.remedy);
}

void Reader::conflict(std::string_view key, std::string cause, std::string remedy) const {
    report_.error(find(key)->key, "conflicting-keys", std::move(cause), std::move(remedy));
}

const Node* Reader::take(std::string_view key, Node::Kind kind) const {
    const Node* value = find(key);
    if (!value) return nullptr;
    if (value->kind == kind) return value;
    wrong_type(key, *value);
    return nullptr;
}

bool Reader::plain_text(std::string_view key, const Node& value) const {
    if (value.text.find('\0') == std::string::npos) return true;
    report_.error(value.place, "bad-text", shown(key) + " holds a NUL byte",
                  "no string of a spec can hold one: remove it");
    return false;
}

bool Reader::one_text(std::string_view key, std::string& into, std::string_view code, const Check& check,
                      bool secret) const {
    const Node* value = take(key, Node::Kind::text);
    if (!value || !plain_text(key, *value)) return false;
    if (check) {
        if (auto ok = check(value->text); !ok) {
            bool hide = secret || value->text.empty();
            bad_value(value->place, key, hide ? std::string_view() : value->text, code, ok.error());
            return false;
        }
    }
    into = value->text;
    return true;
}

bool Reader::text(std::string_view key, std::string& into, std::string_view code, const Check& check) const {
    return one_text(key, into, code, check, false);
}

bool Reader::secret_text(std::string_view key, std::string& into, std::string_view code,
                         const Check& check) const {
    return one_text(key, into, code, check, true);
}

bool Reader::texts(std::string_view key, Names& into, std::string_view code, const Check& check) const {
    const Node* list = take(key, Node::Kind::list);
    if (!list) return false;
    into.clear(); // a list replaces the default
    bool good = true;
    for (const Node& item : list->children) {
        if (item.kind != Node::Kind::text) {
            wrong_type(key, item, "a list of strings alone");
            good = false;
        } else if (!plain_text(key, item)) {
            good = false;
        } else if (auto ok = check(item.text); !ok) {
            // A URL may hold a password, and an empty string shows nothing.
            if (code == "bad-url" || item.text.empty())
                report_.error(item.place, std::string(code),
                              "an entry of " + shown(key) + " " + ok.error().message, ok.error().remedy);
            else
                bad_value(item.place, key, item.text, code, ok.error());
            good = false;
        } else {
            into.push_back({item.text, item.place});
        }
    }
    return good;
}

bool Reader::command(std::string_view key, std::vector<std::string>& into,
                     const PlaceholderRules& rules) const {
    const Node* value = find(key);
    if (!value) return false;
    if (value->kind == Node::Kind::text) {
        wrong_type(key, *value);
        return false;
    }
    Names arguments;
    if (!texts(key, arguments, {}, [](std::string_view) { return Status(); })) return false;
    bool good = true;
    for (const auto& argument : arguments)
        if (auto fault = find_placeholder_fault(argument.value, rules)) {
            report_.placeholder(argument.place, shown(key) + ": ", *fault);
            good = false;
        }
    if (!good) return false;
    if (arguments.empty() || trim(arguments[0].value).empty()) {
        report_.error(arguments.empty() ? value->place : arguments[0].place, "empty-command",
                      shown(key) + " names no program",
                      "write it as " + std::string(key) + " = " +
                          std::string(known_key(name_, key)->example));
        return false;
    }
    into.clear();
    for (auto& argument : arguments)
        into.push_back(std::move(argument.value));
    return true;
}

bool Reader::span(std::string_view key, Duration& into, bool may_be_zero) const {
    const Node* value = find(key);
    if (!value) return false;
    if (value->kind == Node::Kind::integer && value->integer >= 0) {
        report_.error(value->place, "wrong-type", shown(key) + " must be a duration, not an integer",
                      "write it as " + std::string(key) + " = \"" + std::to_string(value->integer) + "s\"");
        return false;
    }
    if (value->kind != Node::Kind::text) {
        wrong_type(key, *value);
        return false;
    }
    auto span = parse_duration(value->text);
    if (!span) {
        report_.error(value->place, "bad-duration", shown(key) + ": " + span.error().message,
                      span.error().remedy);
        return false;
    }
    if (*span == Duration::zero() && !may_be_zero) {
        report_.error(value->place, "out-of-range", shown(key) + " must be longer than 0",
                      "write it as " + std::string(key) + " = " +
                          std::string(known_key(name_, key)->example));
        return false;
    }
    into = *span;
    return true;
}

bool Reader::integer(std::string_view key, int& into, int least, int most) const {
    const Node* value = take(key, Node::Kind::integer);
    if (!value) return false;
    if (value->integer < least || value->integer > most) {
        report_.error(value->place, "out-of-range",
                      shown(key) + " is " + std::to_string(value->integer) + ", which is not from " +
                          std::to_string(least) + " to " + std::to_string(most),
                      "write it as " + std::string(key) + " = " +
                          std::string(known_key(name_, key)->example));
        return false;
    }
    into = static_cast<int>(value->integer);
    return true;
}

bool Reader::boolean(std::string_view key, bool& into) const {
    const Node* value = take(key, Node::Kind::boolean);
    if (value) into = value->boolean;
    return value;
}

} // namespace unitgate

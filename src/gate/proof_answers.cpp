// SPDX-License-Identifier: MIT
#include "gate/proof_answers.hpp"

#include <algorithm>
#include <vector>

#include "base/ascii.hpp"
#include "base/json.hpp"
#include "base/regex.hpp"
#include "base/text.hpp"
#include "gate/judge.hpp"
#include "spec/placeholders.hpp"

namespace unitgate {

namespace {

// RFC 9110: these have no body.
bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

// 200 where it is wanted, else the first one that is a final status.
int wanted_status(const std::vector<StatusRange>& ranges) {
    int found = 0;
    for (StatusRange range : ranges) {
        if (range.first <= 200 && 200 <= range.last) return 200;
        if (!found && range.last >= 200) found = std::max<int>(range.first, 200);
    }
    return found ? found : 200;
}

// RFC 6901: "~1" is '/', "~0" is '~'.
std::vector<std::string> tokens_of(std::string_view pointer) {
    std::vector<std::string> tokens;
    for (std::string_view part : split(pointer, '/'))
        tokens.push_back(replace_all(replace_all(part, "~1", "/"), "~0", "~"));
    tokens.erase(tokens.begin()); // what stands before the first '/'
    return tokens;
}

Json with_value(const Json& node, const std::vector<std::string>& tokens, std::size_t depth,
                const std::string& value) {
    if (depth == tokens.size()) return value;
    Json made = node.is_object() ? node : Json::object();
    made.set(tokens[depth], with_value(made.get(tokens[depth]), tokens, depth + 1, value));
    return made;
}

// What stands beside a version and is part of it: "3.6" is not meant by "3.6.15", "3.6-rc1" and "13.6".
bool is_of_version(char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '+' || c == '_';
}

bool begins_at(std::string_view text, std::size_t at) {
    if (at == 0 || !is_of_version(text[at - 1])) return true;
    // "v3.6.15" is a way to write 3.6.15.
    bool is_marked = (text[at - 1] == 'v' || text[at - 1] == 'V') && is_digit(text[at]);
    return is_marked && (at == 1 || !is_of_version(text[at - 2]));
}

bool ends_at(std::string_view text, std::size_t at) {
    if (at == text.size() || !is_of_version(text[at])) return true;
    return text[at] == '.' && (at + 1 == text.size() || !is_of_version(text[at + 1])); // of a sentence
}

bool replace_version(std::string& text, const std::string& version, const std::string& other) {
    if (version.empty()) return false;
    bool replaced = false;
    for (auto at = text.find(version); at != std::string::npos; at = text.find(version, at)) {
        if (begins_at(text, at) && ends_at(text, at + version.size())) {
            text.replace(at, version.size(), other);
            at += other.size();
            replaced = true;
        } else {
            ++at;
        }
    }
    return replaced;
}

// The answer with other versions where these stand; nullopt where none does, or where the body was JSON and
// no longer is.
std::optional<Answer> with_versions_replaced(const Answer& healthy, const Expansion& from,
                                             const Expansion& to) {
    Answer other = healthy;
    bool replaced = false;
    for (std::string* text : {&other.body, &other.headers}) {
        replaced |= replace_version(*text, from.version, to.version);
        replaced |= replace_version(*text, from.app_version, to.app_version);
    }
    if (!replaced || (Json::parse(healthy.body) && !Json::parse(other.body))) return std::nullopt;
    return other;
}

bool compares_version(const HttpProbe& probe) {
    return !probe.version_header.empty() || mentions_version(probe.body) ||
           std::any_of(probe.json.begin(), probe.json.end(),
                       [](const JsonRule& rule) { return mentions_version(rule.expected); });
}

bool passes(const HttpProbe& probe, const Answer& answer, const Expansion& expansion) {
    HttpAnswer seen;
    seen.status = answer.status;
    seen.body = answer.body;
    if (auto colon = answer.headers.find(": "); colon != std::string::npos) // there is one at most
        seen.headers = {
            {answer.headers.substr(0, colon), std::string(trim(answer.headers.substr(colon + 2)))}};
    auto judge = Judge::create(probe, expansion);
    return judge && judge->judge(seen).passed();
}

// A number stays one, so that JSON stays JSON: "16" -> "27", "3.6" -> "4.7".
std::string other_than(const std::string& version) {
    std::string other = version;
    int dots = 0;
    for (char& c : other) {
        dots += c == '.';
        if (!is_digit(c) && c != '.') return "0.0.0-other";
        if (is_digit(c)) c = c == '9' ? '1' : static_cast<char>(c + 1);
    }
    return dots < 2 && is_digit(other.front()) && is_digit(other.back()) ? other : "0.0.0-other";
}

} // namespace

std::string answer_text(const Answer& answer) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\n" + answer.headers;
    if (has_no_body(answer.status)) return text + "\r\n";
    return text + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

bool changes_nothing(const HttpProbe& probe) {
    return probe.method == "GET" || probe.method == "HEAD" || probe.method == "OPTIONS";
}

std::optional<Answer> build_healthy(const HttpProbe& probe, const Expansion& expansion) {
    Answer answer;
    answer.status = wanted_status(probe.status);
    answer.body = "ok\n";
    if (!probe.json.empty()) {
        Json json = Json::object();
        for (const JsonRule& rule : probe.json)
            json = with_value(json, tokens_of(rule.pointer), 0, expand(rule.expected, expansion));
        answer.body = json.dump();
    } else if (!probe.body.empty()) {
        answer.body = sample_of(probe.body, expansion).value_or("");
    }
    answer.headers = version_header_line(probe, expansion);
    if (!passes(probe, answer, expansion)) return std::nullopt;
    return answer;
}

std::string version_header_line(const HttpProbe& probe, const Expansion& expansion) {
    return probe.version_header.empty() ? "" : probe.version_header + ": " + expansion.app_version + "\r\n";
}

Expansion other_version(const Expansion& expansion) {
    return {other_than(expansion.version), other_than(expansion.app_version)};
}

std::optional<Answer> as_other_version(const HttpProbe& probe, const Answer& healthy, const Expansion& from,
                                       const Expansion& to) {
    auto replaced = with_versions_replaced(healthy, from, to);
    if (!compares_version(probe)) {
        // Of digits alone it is a number like any other: nothing tells "1" of the version from "1" of a
        // count.
        bool is_number = std::all_of(from.app_version.begin(), from.app_version.end(), is_digit);
        return replaced && !is_number ? *replaced : healthy;
    }
    if (replaced && !passes(probe, *replaced, from)) return replaced;
    // It stands there in a way of the app's own ("app-{version}"), which the spec tells.
    return build_healthy(probe, to);
}

std::string version_rule(const Answer& answer, const Expansion& expansion) {
    auto json = Json::parse(answer.body);
    if (!json) return {};
    for (std::string_view pointer : {"/version", "/Version", "/app_version", "/appVersion", "/build/version",
                                     "/data/version", "/info/version", "/server/version"}) {
        auto found = json->at_pointer(pointer);
        if (!found || !*found) continue;
        std::string value = (*found)->plain();
        const char* placeholder = value == expansion.version       ? "{version}"
                                  : value == expansion.app_version ? "{app_version}"
                                                                   : nullptr;
        if (placeholder) return "json = { \"" + std::string(pointer) + "\" = \"" + placeholder + "\" }";
    }
    return {};
}

std::optional<std::string> sample_of(std::string_view pattern, const Expansion& expansion) {
    std::string text = replace_all(pattern, ".*", "");
    for (std::string_view option : {"(?m)", "(?i)", "(?s)"})
        text = replace_all(text, option, "");
    if (text.starts_with('^')) text.erase(0, 1);
    if (text.ends_with('$') && !text.ends_with("\\$")) text.pop_back();
    std::string sample;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size())
            ++i; // what is escaped stands for itself, or the match tells
        sample += text[i];
    }
    sample = expand(sample, expansion);
    auto regex = Regex::compile(expand_pattern(pattern, expansion));
    if (!regex) return std::nullopt;
    auto matches = regex->matches(sample);
    if (!matches || !*matches) return std::nullopt;
    return sample;
}

} // namespace unitgate

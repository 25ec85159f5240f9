// SPDX-License-Identifier: MIT
#include "gate/proof_answers.hpp"

#include <algorithm>
#include <vector>

#include "base/json.hpp"
#include "base/regex.hpp"
#include "base/text.hpp"
#include "gate/judge.hpp"

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

} // namespace

std::string answer_text(const Answer& answer) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\n" + answer.headers;
    if (has_no_body(answer.status)) return text + "\r\n";
    return text + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
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
    HttpAnswer seen;
    seen.status = answer.status;
    seen.body = answer.body;
    if (!probe.version_header.empty()) seen.headers = {{probe.version_header, expansion.app_version}};
    auto judge = Judge::create(probe, expansion);
    if (!judge || !judge->judge(seen).passed()) return std::nullopt;
    return answer;
}

std::string version_header_line(const HttpProbe& probe, const Expansion& expansion) {
    return probe.version_header.empty() ? "" : probe.version_header + ": " + expansion.app_version + "\r\n";
}

Answer as_other_version(const Answer& healthy, const Expansion& from, const Expansion& to) {
    Answer other = healthy;
    for (std::string* text : {&other.body, &other.headers}) {
        *text = replace_all(*text, from.version, to.version);
        *text = replace_all(*text, from.app_version, to.app_version);
    }
    return other;
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

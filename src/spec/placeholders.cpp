// SPDX-License-Identifier: MIT
#include "spec/placeholders.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::string_view credential_prefix = "credential:";

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || c == '_' || c == '-' || c == ' ';
    });
}

// ${x}, {{x}} and \p{x} belong to a shell, a template or a pattern.
bool is_foreign(std::string_view before) {
    if (before.empty()) return false;
    if (before.back() == '$' || before.back() == '{') return true;
    return before.size() > 1 && before[before.size() - 2] == '\\';
}

std::optional<PlaceholderFault> check_credential(std::string token, const PlaceholderRules& rules) {
    std::string shown = "placeholder '" + token + "'";
    std::string_view id = std::string_view(token).substr(credential_prefix.size() + 1);
    id.remove_suffix(1);
    if (!rules.credential)
        return PlaceholderFault{token, shown + " is replaced in header and request_body of a probe alone",
                                rules.lenient
                                    ? "let the command read the file that 'credentials' names"
                                    : "send it in header = { Authorization = \"Bearer " + token + "\" }"};
    if (std::find(rules.credentials.begin(), rules.credentials.end(), id) != rules.credentials.end())
        return std::nullopt;
    std::string remedy = "add it at the top of the file: credentials = { " +
                         std::string(id.empty() ? "token" : id) + " = \"/path/of/its/file\" }";
    if (auto near = nearest(id, rules.credentials); !near.empty())
        remedy = "did you mean '{credential:" + std::string(near) + "}'?";
    return PlaceholderFault{token, shown + " names an unknown credential", remedy};
}

// "Version", "app-version" and " version " as the placeholder they are meant to be.
std::string plain(std::string_view inside) {
    std::string out(trim(inside));
    for (char& c : out)
        c = c == '-' ? '_' : lower(c);
    return out;
}

std::vector<std::string> texts_of(const Probe& probe) {
    std::vector<std::string> texts;
    if (const Endpoint* asked = endpoint_of(probe)) {
        texts.push_back(asked->url);
        for (const HeaderRule& rule : asked->header)
            texts.push_back(rule.value);
    }
    if (const auto* http = std::get_if<HttpProbe>(&probe.check)) {
        texts.insert(texts.end(), {http->body, http->request_body});
        for (const JsonRule& rule : http->json)
            texts.push_back(rule.expected);
        if (!http->version_header.empty()) texts.emplace_back("{app_version}");
    }
    if (const auto* exec = std::get_if<ExecProbe>(&probe.check))
        texts.insert(texts.end(), exec->command.begin(), exec->command.end());
    if (const auto* file = std::get_if<FileProbe>(&probe.check)) texts.push_back(file->path);
    return texts;
}

} // namespace

std::optional<PlaceholderFault> find_placeholder_fault(std::string_view text, const PlaceholderRules& rules) {
    static constexpr std::array<std::string_view, 2> versions = {"version", "app_version"};
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        auto end = text.find_first_of("{}", open + 1);
        if (end == std::string_view::npos || text[end] != '}') continue;
        std::string_view inside = text.substr(open + 1, end - open - 1);
        std::string token(text.substr(open, end - open + 1));
        if (inside.starts_with(credential_prefix)) {
            if (auto fault = check_credential(token, rules)) return fault;
        } else if (inside == versions[0] || inside == versions[1]) {
            if (!rules.version)
                return PlaceholderFault{token, "placeholder '" + token + "' has no value here",
                                        "remove it: the version is what this finds out"};
        } else if (is_word(inside) && !is_foreign(text.substr(0, open))) {
            auto near = nearest(plain(inside), versions);
            if (near.empty() && rules.lenient) continue;
            std::string remedy = !near.empty()      ? "did you mean '{" + std::string(near) + "}'?"
                                 : rules.credential ? "known are {version}, {app_version} and {credential:ID}"
                                                    : "known are {version} and {app_version}";
            return PlaceholderFault{token, "unknown placeholder '" + token + "'", remedy};
        }
    }
    return std::nullopt;
}

bool mentions_version(std::string_view text) {
    return text.find("{version}") != std::string_view::npos ||
           text.find("{app_version}") != std::string_view::npos;
}

bool mentions_version(const Probe& probe) {
    const auto texts = texts_of(probe);
    return std::any_of(texts.begin(), texts.end(),
                       [](std::string_view text) { return mentions_version(text); });
}

bool mentions_credential(const Probe& probe, const std::string& id) {
    const std::string token = "{credential:" + id + "}";
    const auto texts = texts_of(probe);
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return text.find(token) != std::string::npos; });
}

} // namespace unitgate

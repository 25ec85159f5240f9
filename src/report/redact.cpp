// SPDX-License-Identifier: MIT
#include "report/redact.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "spec/placeholders.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

constexpr std::size_t shortest_secret = 4;
constexpr std::string_view blanks = " \t\r\n";

char closing(char opening) {
    switch (opening) {
    case '\'':
    case '"':
    case '`':
        return opening;
    case '(':
        return ')';
    case '<':
        return '>';
    case '[':
        return ']';
    default:
        return 0;
    }
}

// `rest` begins behind "://" and has no blank; `before` is the character in front of the scheme.
std::string strip_one(std::string_view rest, char before) {
    std::string_view tail; // a closing quote and what follows it
    if (char quote = closing(before))
        if (auto at = rest.rfind(quote); at != std::string_view::npos) {
            tail = rest.substr(at);
            rest = rest.substr(0, at);
        }
    rest = rest.substr(0, rest.find_first_of("?#"));
    std::size_t authority = std::min(rest.find('/'), rest.size());
    if (auto at = rest.substr(0, authority).rfind('@'); at != std::string_view::npos)
        rest.remove_prefix(at + 1);
    return std::string(rest) + std::string(tail);
}

// A brace alone makes none: the body of a request is often JSON.
bool has_placeholder(std::string_view text) {
    return mentions_version(text) || text.find("{credential:") != std::string_view::npos;
}

} // namespace

std::string strip_urls(std::string_view text) {
    std::string out;
    for (std::size_t at; (at = text.find("://")) != std::string_view::npos;) {
        std::size_t scheme = at;
        while (scheme > 0 && (is_letter_or_digit(text[scheme - 1]) || text[scheme - 1] == '+'))
            --scheme;
        out += text.substr(0, at + 3);
        char before = scheme > 0 ? text[scheme - 1] : '\0';
        text.remove_prefix(at + 3);
        std::size_t end = std::min(text.find_first_of(blanks), text.size());
        out += strip_one(text.substr(0, end), before);
        text.remove_prefix(end);
    }
    return out += text;
}

void Redactor::hide(std::string secret) {
    if (secret.size() < shortest_secret) return;
    auto at = std::find_if(secrets_.begin(), secrets_.end(),
                           [&](const auto& other) { return other.size() < secret.size(); });
    secrets_.insert(at, std::move(secret)); // a secret that holds another goes first
}

void Redactor::hide_secrets_of(const Spec& spec, const std::map<std::string, std::string>& credentials) {
    for (const auto& [id, value] : credentials)
        hide(value);
    for (const Probe& probe : spec.gate.probes) {
        const Endpoint* asked = endpoint_of(probe);
        if (!asked) continue;
        std::string shown = probe_target(probe);
        auto hide_literal = [&](const std::string& value) {
            // With a placeholder in it, the secret part is a credential. What stands in the shown target (a
            // Host header) is no secret, and hiding it would spoil every text about the probe.
            if (!has_placeholder(value) && shown.find(value) == std::string::npos) hide(value);
        };
        for (const HeaderRule& header : asked->header)
            hide_literal(header.value);
        if (const auto* http = std::get_if<HttpProbe>(&probe.check)) hide_literal(http->request_body);
    }
}

std::string Redactor::clean(std::string_view text) const {
    std::string out(text);
    for (const auto& secret : secrets_)
        out = replace_all(out, secret, "[hidden]");
    return strip_urls(out);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "report/curl_command.hpp"

#include <algorithm>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "gate/request.hpp"
#include "gate/swarm_probe.hpp"
#include "io/plain_http.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

constexpr const char* hidden = "[hidden]";

// RFC 9110: what these hold is no secret.
bool is_public(const std::string& name) {
    for (std::string_view known : {"accept", "accept-language", "content-type", "host", "user-agent"})
        if (same_word(name, known)) return true;
    return false;
}

std::string shown_header(const HeaderRule& rule, const Expansion& expansion) {
    // "Name:" is how curl is told to send no such header.
    if (rule.value.find_first_not_of(' ') == std::string::npos) return rule.name + ";";
    bool has_credential = rule.value.find("{credential:") != std::string::npos;
    bool shown = has_credential || is_public(rule.name);
    return rule.name + ": " + (shown ? expand(rule.value, expansion) : hidden);
}

bool sets_header(const HttpProbe& probe, const char* name) {
    return std::any_of(probe.header.begin(), probe.header.end(),
                       [&](const HeaderRule& rule) { return same_word(rule.name, name); });
}

std::string shown_url(const std::string& text) {
    auto url = parse_url(text);
    if (!url) return url_without_secrets(text);
    std::string shown = url->without_secrets();
    if (!url->user.empty() || !url->password.empty())
        shown.insert(shown.find("//") + 2, std::string(hidden) + "@");
    if (!url->query.empty()) shown += std::string("?") + hidden;
    return shown;
}

std::vector<std::string> first_words(Duration timeout) {
    std::string seconds = std::to_string(std::chrono::duration<double>(timeout).count());
    seconds.erase(seconds.find_last_not_of('0') + 1);
    if (seconds.ends_with('.')) seconds.pop_back();
    // What the probe ignores, curl must ignore too: its own settings and proxies.
    return {"curl", "-q", "--noproxy", "*", "--http1.1", "--include", "--max-time", seconds};
}

std::string line_of(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + shell_word(word);
    return line;
}

} // namespace

std::string curl_command(const HttpProbe& probe, const Expansion& expansion, Duration timeout) {
    std::vector<std::string> words = first_words(timeout);
    auto add = [&](std::initializer_list<std::string> more) {
        words.insert(words.end(), more.begin(), more.end());
    };
    if (probe.connect) add({"--connect-to", "::" + probe.connect->text()});
    if (probe.socket.starts_with('@'))
        add({"--abstract-unix-socket", probe.socket.substr(1)});
    else if (!probe.socket.empty())
        add({"--unix-socket", probe.socket});
    // A length goes with these methods even where there is no body.
    const bool sends = probe.method != "HEAD" &&
                       (!probe.request_body.empty() || probe.method == "POST" || probe.method == "PUT");
    if (probe.method == "HEAD")
        add({"--head"});
    else if (sends || probe.method != "GET")
        add({"--request", probe.method});
    if (!sets_header(probe, "user-agent")) add({"--user-agent", user_agent});
    for (const HeaderRule& rule : probe.header)
        add({"--header", shown_header(rule, expansion)});
    if (sends) add({"--data-raw", probe.request_body.empty() ? "" : hidden});
    if (sends && !sets_header(probe, "content-type")) add({"--header", "Content-Type:"}); // curl's own guess
    if (!probe.ca.empty()) add({"--cacert", probe.ca});
    if (!probe.verify) add({"--insecure"});
    if (!probe.client_certificate.empty()) add({"--cert", probe.client_certificate});
    if (!probe.client_key.empty()) add({"--key", probe.client_key});
    if (!probe.pin.empty()) add({"--pinnedpubkey", probe.pin});
    const std::string url = shown_url(request_url(probe, expansion));
    if (url.find_first_of("[]{}") != std::string::npos) add({"--globoff"}); // else these stand for many URLs
    add({url});
    return line_of(words);
}

// Its query is this program's own, so there is nothing to hide.
std::string curl_command(const SwarmProbe& probe, Duration timeout) {
    std::vector<std::string> words = first_words(timeout);
    for (const std::string& word : {std::string("--unix-socket"), probe.socket, std::string("--user-agent"),
                                    std::string(user_agent), swarm_url(probe.service)})
        words.push_back(word);
    return line_of(words);
}

} // namespace unitgate

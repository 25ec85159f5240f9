// SPDX-License-Identifier: MIT
#include "gate/prove_http.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "spec/placeholders.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;
using Must = ServerCase::Must;

ServerScript answers(const std::string& text) {
    return {{Do::read}, {Do::send, text}, {Do::again}};
}

// The same answer with its second half missing; a HEAD request's has none.
std::string half_of(const std::string& healthy, const HttpProbe& probe) {
    std::string half = healthy.substr(0, healthy.find("\r\n\r\n") + 4) + "half";
    auto at = half.find("Content-Length: ");
    if (at == std::string::npos || probe.method == "HEAD") return {};
    return half.replace(at, half.find('\r', at) - at, "Content-Length: 1000");
}

// Shown to each probe: the others show a probe what its own 'status' lets through.
constexpr std::array usual_statuses{404, 500, 502, 503, 301};

bool has(std::span<const int> codes, int code) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// The first code of each part of 'status' that is a redirect's, a client's or a server's error, where none of
// the usual ones is in that part, and without what the healthy app answers.
std::vector<int> own_statuses(const HttpProbe& probe, int healthy) {
    std::vector<int> found;
    for (StatusRange range : probe.status)
        for (int hundred : {300, 400, 500}) {
            int first = std::max<int>(range.first, hundred), last = std::min<int>(range.last, hundred + 99);
            if (std::any_of(usual_statuses.begin(), usual_statuses.end(),
                            [&](int code) { return first <= code && code <= last; }))
                continue;
            if (first == healthy) ++first;
            if (first <= last && !has(found, first)) found.push_back(first);
        }
    return found;
}

ServerCase with_status(int status, const std::string& healthy) {
    const std::string server = "answers " + std::to_string(status);
    if (!has(std::array{301, 302, 303, 307, 308}, status))
        return wrong_answer(server, answers(answer_text({status, "error\n", ""})), "status",
                            "let 'status' name what a healthy app answers and no more: status = [200]");
    std::string moved = answer_text({status, "", "Location: /moved\r\n"});
    return wrong_answer(server + ", to a page that is healthy",
                        {{Do::read}, {Do::send, moved}, {Do::read}, {Do::send, healthy}, {Do::again}},
                        "status", "leave redirects out of 'status' and ask for the page that it leads to");
}

void add_statuses(ServerCases& all, const HttpProbe& probe, int status, const std::string& healthy) {
    for (int usual : usual_statuses)
        all.push_back(with_status(usual, healthy));
    for (int own : own_statuses(probe, status))
        all.push_back(with_status(own, healthy));
    all.push_back(broken("answers what is no HTTP",
                         {{Do::read_some}, {Do::send, "SSH-2.0-OpenSSH_9.2\r\n"}, {Do::half_close}}));
}

ServerCase old_version(const HttpProbe& probe, const KnownAnswers& known) {
    ServerCase old = wrong_answer("answers as another version would", {}, "json", "");
    old.otherwise = Grade::advice;
    auto not_shown = [&](const char* why) {
        old.must = Must::not_shown;
        old.note = why;
        return old;
    };
    if (mentions_version(probe.url))
        return not_shown("the URL names the version: what another version answers there is not known");
    if (!known.healthy) return not_shown("what a healthy app answers is not known");
    auto other = as_other_version(probe, *known.healthy, known.expansion, known.old);
    if (!other) return not_shown("where the app's answer names the version is not known");
    old.script = answers(answer_text(*other));
    std::string rule = version_rule(*known.healthy, known.expansion);
    old.note = "compare the version, so that a deploy that changed nothing fails: " +
               (rule.empty() ? "json = { \"/version\" = \"{version}\" }, or '{version}' in 'body'" : rule);
    return old;
}

void add_bodies(ServerCases& all, const HttpProbe& probe, const KnownAnswers& known, int status) {
    if (probe.method == "HEAD") return all.push_back(old_version(probe, known));
    const std::string code = "answers " + std::to_string(status);
    auto advice = [&](const std::string& server, ServerScript script) {
        all.push_back(wrong_answer(server, std::move(script), "body",
                                   "look at the answer, too: with 'json' or 'body'"));
        all.back().otherwise = Grade::advice;
    };
    const std::string page = "<!DOCTYPE html><title>Welcome</title><h1>It works!</h1>\n";
    advice(code + " with the page of another app",
           answers(answer_text({status, page, "Content-Type: text/html\r\n"})));
    all.push_back(old_version(probe, known));
    advice(code + " with nothing in it", answers(answer_text({status, "", ""})));
    if (status == 204 || status == 304) return;
    const std::string head = "HTTP/1.1 " + std::to_string(status) + " X\r\n\r\n";
    advice(code + " and a body without end",
           {{Do::read}, {Do::send, head}, {Do::send_forever, std::string(4096, 'x')}});
}

} // namespace

ServerCases http_cases(const HttpProbe& probe, const KnownAnswers& known) {
    ServerCases all;
    // Where no healthy answer is known, a plain one stands in: what matters then is what fails before it is
    // read.
    const Answer stands_in = known.healthy.value_or(Answer());
    const std::string healthy = answer_text(stands_in);
    add_connections(all, Do::read, half_of(healthy, probe));
    add_certificates(all, probe, answers(healthy));
    add_statuses(all, probe, stands_in.status, healthy);
    add_bodies(all, probe, known, stands_in.status);

    ServerCase copy = healthy_copy("a healthy copy: " + known.healthy_from, answers(healthy));
    if (!known.healthy) {
        copy.server = "a healthy copy";
        copy.must = Must::not_shown;
        const std::string made_up = "what 'body' matches can't be made up";
        copy.note =
            changes_nothing(probe)
                ? "the app does not pass now, and " + made_up + ": try it while the app is up"
                : made_up + ", and the app itself is not asked: " + probe.method + " may change something";
    }
    all.push_back(std::move(copy));
    return all;
}

} // namespace unitgate

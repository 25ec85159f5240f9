// SPDX-License-Identifier: MIT
#include "gate/prove_http.hpp"

#include <algorithm>

#include "spec/url.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;
using Way = ServerCase::Way;
using Must = ServerCase::Must;

constexpr const char* not_ours = "no key of a spec closes this: it is a fault of unitgate";

ServerScript answers(const std::string& text) {
    return {{Do::read}, {Do::send, text}, {Do::again}};
}

ServerCase broken(std::string server, ServerScript script, std::string key, std::string note) {
    ServerCase made;
    made.server = std::move(server);
    made.script = std::move(script);
    made.key = std::move(key);
    made.note = std::move(note);
    return made;
}

bool is_loopback(const HttpProbe& probe) {
    auto url = parse_url(probe.url);
    if (!probe.socket.empty()) return true;
    std::string host = probe.connect ? probe.connect->host : url ? url->host : "";
    return host.starts_with("127.") || host == "::1" || host == "localhost";
}

void add_connections(std::vector<ServerCase>& all, const std::string& healthy, bool is_head) {
    all.push_back(broken("refuses connections", {}, "", not_ours));
    all.back().way = Way::refuses;
    all.push_back(broken("resets the connection once it is accepted", {{Do::reset}}, "", not_ours));
    all.back().before_handshake = true;
    all.push_back(broken("accepts and says nothing", {{Do::hang}}, "", not_ours));
    all.back().before_handshake = all.back().hangs = true;
    all.push_back(broken("closes without an answer", {{Do::read}, {Do::half_close}}, "", not_ours));
    if (is_head) return; // it has no half
    std::string half = healthy.substr(0, healthy.find("\r\n\r\n") + 4) + "half";
    auto at = half.find("Content-Length: ");
    if (at == std::string::npos) return;
    half.replace(at, half.find('\r', at) - at, "Content-Length: 1000");
    all.push_back(broken("closes half-way through its answer", {{Do::read}, {Do::send, half}, {Do::cut}}, "",
                         not_ours));
}

void add_certificates(std::vector<ServerCase>& all, const HttpProbe& probe, const std::string& healthy) {
    struct Row {
        CertificateFault fault;
        const char* server;
    };
    for (Row row : {Row{CertificateFault::expired, "shows an expired certificate"},
                    Row{CertificateFault::wrong_name, "shows a certificate for another name"},
                    Row{CertificateFault::self_signed, "shows a self-signed certificate"},
                    Row{CertificateFault::unknown_issuer, "shows a certificate of an unknown authority"}}) {
        all.push_back(
            broken(row.server, answers(healthy), "verify",
                   "drop 'verify = false'; an authority of your own is trusted with ca = \"FILE\""));
        all.back().tls.fault = row.fault;
        if (is_loopback(probe)) all.back().otherwise = Grade::advice;
    }
    if (probe.min_days_left == 0) return;
    all.push_back(broken("shows a certificate that ends too soon", answers(healthy), "", not_ours));
    all.back().tls.days = -1;
}

void add_statuses(std::vector<ServerCase>& all, const std::string& healthy) {
    for (int status : {404, 500, 502, 503})
        all.push_back(broken("answers " + std::to_string(status),
                             answers(answer_text({status, "error\n", ""})), "status",
                             "let 'status' name what a healthy app answers and no more: status = [200]"));
    std::string moved = answer_text({301, "", "Location: /moved\r\n"});
    all.push_back(broken("answers 301, to a page that is healthy",
                         {{Do::read}, {Do::send, moved}, {Do::read}, {Do::send, healthy}, {Do::again}},
                         "status", "leave redirects out of 'status' and ask for the page that it leads to"));
    all.push_back(broken("answers what is no HTTP",
                         {{Do::read_some}, {Do::send, "SSH-2.0-OpenSSH_9.2\r\n"}, {Do::half_close}}, "",
                         not_ours));
}

ServerCase old_version(const HttpProbe& probe, const KnownAnswers& known) {
    ServerCase old = broken("answers as another version would", {}, "json", "");
    old.otherwise = Grade::advice;
    if (probe.url.find("{version}") != std::string::npos ||
        probe.url.find("{app_version}") != std::string::npos) {
        old.must = Must::not_shown;
        old.note = "the URL names the version: what another version answers there is not known";
        return old;
    }
    old.script = answers(answer_text(as_other_version(*known.healthy, known.expansion, known.old)));
    std::string rule = version_rule(*known.healthy, known.expansion);
    old.note = "compare the version, so that a deploy that changed nothing fails: " +
               (rule.empty() ? "json = { \"/version\" = \"{version}\" }, or '{version}' in 'body'" : rule);
    return old;
}

void add_bodies(std::vector<ServerCase>& all, const HttpProbe& probe, const KnownAnswers& known) {
    if (probe.method == "HEAD") return all.push_back(old_version(probe, known));
    int status = known.healthy->status;
    const std::string code = "answers " + std::to_string(status);
    auto advice = [&](const std::string& server, ServerScript script) {
        all.push_back(
            broken(server, std::move(script), "body", "look at the answer, too: with 'json' or 'body'"));
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

std::vector<ServerCase> http_cases(const HttpProbe& probe, const KnownAnswers& known) {
    std::vector<ServerCase> all;
    // Where no healthy answer is known, a plain one stands in: what matters then is what fails before it is
    // read.
    Answer plain;
    KnownAnswers with = known;
    if (!with.healthy) with.healthy = plain;
    const std::string healthy = answer_text(*with.healthy);
    add_connections(all, healthy, probe.method == "HEAD");
    if (probe.url.starts_with("https:")) add_certificates(all, probe, healthy);
    add_statuses(all, healthy);
    add_bodies(all, probe, with);

    ServerCase copy = broken("a healthy copy: " + known.healthy_from, answers(healthy), "",
                             "a healthy app would not pass this gate: see the cause");
    copy.must = Must::pass;
    if (!known.healthy) {
        copy.server = "a healthy copy";
        copy.must = Must::not_shown;
        copy.note =
            "the app does not pass now, and what 'body' matches can't be made up: try it while the app is up";
    }
    all.push_back(std::move(copy));
    for (ServerCase& one : all)
        one.tls.days += probe.min_days_left;
    return all;
}

} // namespace unitgate

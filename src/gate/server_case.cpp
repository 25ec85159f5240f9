// SPDX-License-Identifier: MIT
#include "gate/server_case.hpp"

#include "spec/model.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;

bool stays_here(const Endpoint& endpoint) {
    if (!endpoint.socket.empty()) return true;
    if (endpoint.connect) return is_loopback(*endpoint.connect);
    auto url = parse_url(endpoint.url);
    return url && (url->host == "localhost" || is_loopback({url->host, url->port}));
}

} // namespace

ServerCase broken(std::string server, ServerScript script, std::string key, std::string note) {
    ServerCase made;
    made.server = std::move(server);
    made.script = std::move(script);
    made.key = std::move(key);
    made.note = std::move(note);
    return made;
}

ServerCase wrong_answer(std::string server, ServerScript script, std::string key, std::string note) {
    ServerCase made = broken(std::move(server), std::move(script), std::move(key), std::move(note));
    made.is_answer = true;
    return made;
}

ServerCase healthy_copy(std::string server, ServerScript script) {
    ServerCase made = broken(std::move(server), std::move(script), "",
                             "a healthy app would not pass this gate: see the cause");
    made.must = ServerCase::Must::pass;
    return made;
}

void add_connections(ServerCases& all, Do read, const std::string& half) {
    all.push_back(broken("refuses connections", {}));
    all.back().way = ServerCase::Way::refuses;
    all.push_back(broken("resets the connection once it is accepted", {{Do::reset}}));
    all.back().before_handshake = true;
    all.push_back(broken("accepts and says nothing", {{Do::hang}}));
    all.back().before_handshake = all.back().hangs = true;
    all.push_back(broken("closes without an answer", {{read}, {Do::half_close}}));
    if (half.empty()) return;
    all.push_back(broken("closes half-way through its answer", {{read}, {Do::send, half}, {Do::cut}}));
}

void add_certificates(ServerCases& all, const Endpoint& endpoint, const ServerScript& script) {
    if (!endpoint.url.starts_with("https:")) return;
    struct Row {
        CertificateFault fault;
        const char* server;
    };
    for (Row row : {Row{CertificateFault::expired, "shows an expired certificate"},
                    Row{CertificateFault::wrong_name, "shows a certificate for another name"},
                    Row{CertificateFault::self_signed, "shows a self-signed certificate"},
                    Row{CertificateFault::unknown_issuer, "shows a certificate of an unknown authority"}}) {
        all.push_back(
            broken(row.server, script, "verify",
                   "drop 'verify = false'; an authority of your own is trusted with ca = \"FILE\""));
        all.back().tls.fault = row.fault;
        if (stays_here(endpoint)) all.back().otherwise = Grade::advice;
    }
    if (endpoint.min_days_left == 0) return;
    all.push_back(broken("shows a certificate that ends too soon", script));
    all.back().tls.days = -1; // to all of them min_days_left is added
}

} // namespace unitgate

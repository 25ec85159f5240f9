// SPDX-License-Identifier: MIT
// The whole of report: what leaves it, where to, and that no secret does.
#include "catch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "faults.hpp"
#include "report/gate_facts.hpp"
#include "report/report.hpp"
#include "report/status.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace std::chrono_literals;
using unitgate::test::Fault;
using unitgate::test::TemporaryFolder;

namespace {

// Everything a report sends, by way.
struct Sinks {
    std::vector<JournalFields> journal;
    int terminal[2] = {-1, -1};
    std::string shown;

    Sinks() {
        REQUIRE(::pipe2(terminal, O_NONBLOCK) == 0);
        REQUIRE(::fcntl(terminal[1], F_SETPIPE_SZ, 1 << 20) > 0);
    }
    ~Sinks() {
        ::close(terminal[0]);
        ::close(terminal[1]);
    }
    ReportTo to(bool is_terminal = false, bool colour = false) {
        ReportTo out;
        out.journal = [this](const JournalFields& fields) {
            journal.push_back(fields);
            return Status();
        };
        out.terminal = Terminal(terminal[1], is_terminal, colour);
        return out;
    }
    std::string read_terminal() {
        char text[65536];
        ssize_t n;
        while ((n = ::read(terminal[0], text, sizeof text)) > 0)
            shown.append(text, static_cast<std::size_t>(n));
        return shown;
    }
    std::string field(std::size_t entry, std::string_view name) const {
        for (const auto& one : journal.at(entry))
            if (one.name == name) return one.value;
        return {};
    }
};

Alert plain_alert() {
    Alert alert;
    alert.app = "traefik";
    alert.reason = Reason::unhealthy_on_latest;
    alert.ts = "20260613T054428Z";
    alert.version = "5.1.2";
    alert.detail = "status 502";
    alert.invocation_id = "0123456789abcdef0123456789abcdef";
    return alert;
}

const std::string canary = "c4n4ry-s3cr3t";

} // namespace

TEST_CASE("an event goes to the journal with the run's name and app, and to people as one line") {
    Sinks sinks;
    Report report(sinks.to(), "proxy", "traefik");
    Occurrence what;
    what.kind = EventKind::deploying;
    what.version = "5.1.1";
    report.event(what);
    REQUIRE(sinks.journal.size() == 1);
    CHECK(sinks.field(0, "UNITGATE_NAME") == "proxy");
    CHECK(sinks.field(0, "UNITGATE_APP") == "traefik");
    CHECK(sinks.field(0, "MESSAGE") == "deploying traefik 5.1.1");
    CHECK(sinks.read_terminal() == "deploying traefik 5.1.1\n");
}

TEST_CASE("what a unit's process writes names the unit, but not where it is written for another one") {
    Sinks sinks;
    ReportTo to = sinks.to();
    to.unit = "deploy-proxy.service";
    Report report(std::move(to), "proxy", "traefik");
    Occurrence what;
    what.kind = EventKind::deploying;
    report.event(what);
    CHECK(report.lines("one\n  two https://user:word@ci.example.net/\n"));
    what.object_unit = "deploy-web.service";
    what.kind = EventKind::dependency_failed;
    report.event(what);
    REQUIRE(sinks.journal.size() == 4);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(sinks.field(i, "OBJECT_SYSTEMD_UNIT") == "deploy-proxy.service");
    CHECK(sinks.field(1, "MESSAGE") == "one");
    CHECK(sinks.field(2, "MESSAGE") == "  two https://ci.example.net/");
    auto units = std::count_if(sinks.journal[3].begin(), sinks.journal[3].end(),
                               [](const JournalField& one) { return one.name == "OBJECT_SYSTEMD_UNIT"; });
    CHECK(units == 1);
    CHECK(sinks.field(3, "OBJECT_SYSTEMD_UNIT") == "deploy-web.service");
}

TEST_CASE("lines outside a unit, or that no journal takes, are left to standard error") {
    Sinks sinks;
    CHECK_FALSE(Report(sinks.to(), "proxy", "traefik").lines("one\n"));
    CHECK(sinks.journal.empty());
    ReportTo to = sinks.to();
    to.unit = "deploy-proxy.service";
    to.journal = {};
    CHECK_FALSE(Report(std::move(to), "proxy", "traefik").lines("one\n"));
}

TEST_CASE("a terminal shows the status below the events, without a terminal it is left out") {
    Sinks sinks;
    {
        Report report(sinks.to(true, false), "proxy", "traefik");
        report.status("deploying 5.1.1");
        report.status("deploying 5.1.1");
        Occurrence what;
        what.kind = EventKind::deployed;
        what.version = "5.1.1";
        report.event(what);
    }
    CHECK(sinks.read_terminal() ==
          "\r\x1b[Kdeploying 5.1.1\r\x1b[Kdeployed traefik 5.1.1\ndeploying 5.1.1\r\x1b[K");

    Sinks plain;
    {
        Report report(plain.to(), "proxy", "traefik");
        report.status("deploying 5.1.1");
    }
    CHECK(plain.read_terminal() == "");
}

TEST_CASE("colour follows how bad an event is, and only where it is asked for") {
    auto shown = [](EventKind kind, bool colour) {
        Sinks sinks;
        Report report(sinks.to(true, colour), "proxy", "traefik");
        Occurrence what;
        what.kind = kind;
        what.version = "1";
        report.event(what);
        return sinks.read_terminal();
    };
    CHECK(shown(EventKind::failed, true) == "\x1b[31mtraefik 1 is not up\x1b[0m\n");
    CHECK(shown(EventKind::ready, true) == "\x1b[32mtraefik 1 is up\x1b[0m\n");
    CHECK(shown(EventKind::rolling_back, true).starts_with("\x1b[33m"));
    CHECK(shown(EventKind::deploying, true) == "deploying traefik 1\n");
    CHECK(shown(EventKind::failed, false) == "traefik 1 is not up\n");
    CHECK(shown(EventKind::ready, false) == "traefik 1 is up\n");
}

TEST_CASE("what is no terminal gets no colour, whatever the environment says") {
    Sinks sinks;
    Terminal terminal = Terminal::on(sinks.terminal[1]);
    Occurrence what;
    what.kind = EventKind::failed;
    what.app = "traefik";
    terminal.event(what);
    CHECK(sinks.read_terminal() == "traefik is not up\n");
}

TEST_CASE("a closed terminal stops nothing") {
    ::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    Terminal terminal(ends[1], true, true);
    terminal.status("x");
    Occurrence what;
    terminal.event(what);
    ::close(ends[1]);
    ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("an alert that is written is told with its file") {
    Sinks sinks;
    TemporaryFolder state;
    Report report(sinks.to(), "proxy", "traefik");
    auto path = report.alert(state.path(), plain_alert());
    REQUIRE(path);
    CHECK(read_file(*path).value() == alert_text(plain_alert()));
    REQUIRE(sinks.journal.size() == 1);
    CHECK(sinks.field(0, "MESSAGE_ID") == event_row(EventKind::alert_written).id);
    CHECK(sinks.field(0, "UNITGATE_REASON") == "unhealthy-on-latest");
    CHECK(sinks.field(0, "MESSAGE").find(*path) != std::string::npos);
}

TEST_CASE("an alert that can't be written is in the journal, whole") {
    Sinks sinks;
    TemporaryFolder state;
    Report report(sinks.to(), "proxy", "traefik");
    Fault fault("write", 1, ENOSPC);
    auto path = report.alert(state.path(), plain_alert());
    REQUIRE_FALSE(path);
    CHECK(path.error().code == ENOSPC);
    REQUIRE(sinks.journal.size() == 1);
    CHECK(sinks.field(0, "MESSAGE_ID") == event_row(EventKind::alert_not_written).id);
    CHECK(sinks.field(0, "PRIORITY") == "2");
    CHECK(sinks.field(0, "UNITGATE_ALERT") + "\n" == alert_text(plain_alert()));
    CHECK(Json::parse(sinks.field(0, "UNITGATE_ALERT")).value().get("detail").as_string() == "status 502");
    CHECK(sinks.field(0, "MESSAGE").find("No space left on device") != std::string::npos);
    CHECK(sinks.read_terminal().find("\"schema\": 1") !=
          std::string::npos); // people without a journal see it too
}

TEST_CASE("an alert that exists for its invocation is neither written nor told again") {
    Sinks sinks;
    TemporaryFolder state;
    Report report(sinks.to(), "proxy", "traefik");
    REQUIRE(report.alert(state.path(), plain_alert(), {.once = true, .object_unit = ""}));
    auto again = report.alert(state.path(), plain_alert(), {.once = true, .object_unit = ""});
    REQUIRE(again);
    CHECK(again->empty());
    CHECK(sinks.journal.size() == 1);
}

TEST_CASE("URLs in free text lose user, password, query and fragment") {
    CHECK(strip_urls("no URL here: a/b?c=d") == "no URL here: a/b?c=d");
    CHECK(strip_urls("https://h/p, next") == "https://h/p, next");
    CHECK(strip_urls("https://u:p@h:8443/p?q=1#f end") == "https://h:8443/p end");
    CHECK(strip_urls("https://u:p@h") == "https://h");
    CHECK(strip_urls("https://h?q") == "https://h");
    CHECK(strip_urls("GET 'https://u:p@h/p?q='x'' failed") == "GET 'https://h/p' failed");
    CHECK(strip_urls("(https://h/p?q) and <http://u@i/#x>") == "(https://h/p) and <http://i/>");
    CHECK(strip_urls("'https://h/p?q") == "'https://h/p");
    CHECK(strip_urls("https://h/@scope/p") == "https://h/@scope/p");
    CHECK(strip_urls("https://a:b@c:d@h/") == "https://h/");
    CHECK(strip_urls("://") == "://");
    CHECK(strip_urls("x://u:p@") == "x://");
}

TEST_CASE("known secrets are hidden wherever they stand, the longer first") {
    Redactor redactor;
    redactor.hide("abcd");
    redactor.hide("abcdefgh");
    redactor.hide("on"); // too short: would hide words
    CHECK(redactor.clean("abcdefgh abcd on") == "[hidden] [hidden] on");
}

TEST_CASE("a header that only repeats the URL's host is no secret, other headers and the body are") {
    Spec spec;
    Probe probe;
    HttpProbe http;
    http.url = "https://traefik.ci.example.net/api/version";
    http.header.push_back({"Host", "traefik.ci.example.net"});
    http.header.push_back({"X-Key", canary});
    http.header.push_back({"Authorization", "Bearer {credential:t}"});
    http.request_body = R"({"key": "other-secret"})";
    probe.check = http;
    spec.gate.probes.push_back(probe);
    Redactor redactor;
    redactor.hide_secrets_of(spec, {{"t", "t0ken-value"}});
    CHECK(redactor.clean(R"(sent {"key": "other-secret"} off)") == "sent [hidden] off");
    CHECK(redactor.clean("GET traefik.ci.example.net with " + canary + " and t0ken-value") ==
          "GET traefik.ci.example.net with [hidden] and [hidden]");
}

TEST_CASE("no secret leaves by any way, even where the layers below were careless") {
    std::string url = "https://user:" + canary + "@h.example.net/p?token=" + canary + "#" + canary;
    std::string careless = "GET " + url + " with header 'X-Key: " + canary + "' and body '" + canary + "'";
    Sinks sinks;
    TemporaryFolder state;
    Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (state / "notify").c_str());
    REQUIRE(::bind(manager.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", address.sun_path, 1);
    std::string told;
    std::thread reader([&] { // plain recv(2) drops the barrier's descriptor, which lets ready() go on
        char text[4096];
        for (ssize_t n; (n = ::recv(manager.get(), text, sizeof text, 0)) > 0;) {
            told.append(text, static_cast<std::size_t>(n)) += '\n';
            if (told.ends_with("BARRIER=1\n")) break;
        }
    });
    {
        ReportTo to = sinks.to(true, true);
        auto notify = Notify::from_environment();
        REQUIRE(notify);
        to.notify = std::move(*notify);
        Report report(std::move(to), "proxy", "traefik");
        report.redactor().hide(canary);
        for (const EventRow& row : event_table()) {
            Occurrence what;
            what.kind = row.kind;
            what.version = "5.1.1";
            what.failed_version = "5.1.2";
            what.reason = Reason::unhealthy_on_latest;
            what.probe = "probe of " + url;
            what.cause = "status";
            what.target = url;
            what.detail = careless;
            what.path = "/var/lib/unitgate/alerts/x.json";
            report.event(what);
        }
        GateReport gate;
        ProbeReport probe;
        probe.name = "api";
        probe.target = url;
        probe.last.cause = Cause::body;
        probe.last.detail = careless;
        probe.tries = 1;
        probe.answered = true;
        gate.probes.push_back(probe);
        report.status(gate_status(gate));
        report.status(ready_status("5.1.1", "5.1.2", careless));
        report.status(failed_status(Reason::deploy_failed, careless));
        CHECK(report.ready(ready_status("5.1.1", "", careless)));

        Alert alert = plain_alert();
        alert.detail = gate_detail(gate);
        alert.probe = alert_probe(gate);
        CHECK(report.alert(state.path(), alert));
        Fault fault("write", 1, ENOSPC);
        CHECK_FALSE(report.alert(state.path(), alert));
        report.state_not_written(Error{careless, {}, ENOSPC});
    }
    reader.join();
    CHECK(told.find(canary) == std::string::npos);
    CHECK(told.find("READY=1\nSTATUS=up: 5.1.1; GET https://h.example.net/p with") != std::string::npos);
    CHECK(sinks.journal.size() == event_table().size() + 3);
    for (const auto& entry : sinks.journal)
        for (const auto& field : entry) {
            INFO(field.name << "=" << field.value);
            CHECK(field.value.find(canary) == std::string::npos);
            CHECK(field.value.find("user:") == std::string::npos);
        }
    CHECK(sinks.read_terminal().find(canary) == std::string::npos);
    CHECK(sinks.read_terminal().find("h.example.net/p") != std::string::npos); // but what may be shown is
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(state / "alerts")) {
        ++files;
        std::string text = read_file(entry.path()).value();
        INFO(text);
        CHECK(text.find(canary) == std::string::npos);
        CHECK(text.find("https://h.example.net/p") != std::string::npos);
    }
    CHECK(files == 1);
}

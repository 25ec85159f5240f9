// SPDX-License-Identifier: MIT
// The spec of one deploy unit and the host-wide settings, as plain values: parsed, defaulted and expanded.
// Made by spec/load, read by every layer above. Holds no open file and does nothing.
// The keys and their defaults are documented in unitgate.toml(5).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace unitgate {

using namespace std::chrono_literals;

template <class T>
struct Located {
    T value;
    Place place; // of the value in its file; file == nullptr for a default
};
using Names = std::vector<Located<std::string>>;

// A numeric address and a port: "127.0.0.1:443", "[::1]:443".
struct SocketAddress {
    std::string host; // without brackets
    std::uint16_t port = 0;
    std::string text() const; // with brackets where needed
    bool operator==(const SocketAddress&) const = default;
};
// The host comes back in its shortest form. The message of an error continues the
// sentence "'TEXT' ...".
Result<SocketAddress> parse_socket_address(std::string_view text);
// An IPv4 or IPv6 address in its shortest form, so that two ways to write one compare equal; nothing where
// `text` is none.
std::optional<std::string> shortest_address(std::string_view text);
// Whether it is on the loopback of this machine, also as "::ffff:127.0.0.1". A name is not, whatever it says.
bool is_loopback(const SocketAddress& address);

// [unit]: systemd's own words.
struct UnitSection {
    std::string name; // "deploy-NAME.service" by default
    Place name_place; // file == nullptr for the default
    Names after, before, wants, requires_, requisite, binds_to, part_of, conflicts, wanted_by, required_by;
    std::string schedule; // a calendar event of systemd.time(7), when to reconcile; empty: never
};

struct VersionSource {
    enum class Kind { pin, file, command };
    Kind kind = Kind::pin;
    std::string text; // the pin, or the file's path
    std::vector<std::string> command;
    Duration timeout = 30s;
    std::string extract; // PCRE with one group, gives {app_version}; empty: all of the version
};

struct Deploy {
    std::vector<std::string> command; // {version} is replaced in each argument
    std::string directory;            // empty: the root folder
    std::map<std::string, std::string> environment;
    Duration timeout = 10min;
    enum class When { changed, always } when = When::changed;
    std::string fingerprint; // of the parsed [deploy] table: equal iff the tables are
};

struct Rollback {
    bool enabled = true;
    std::vector<std::string> command; // empty: deploy.command
    Duration deadline = 5min;
};

struct StatusRange {
    std::uint16_t first = 200, last = 200; // 100 to 599
};

struct JsonRule {
    std::string pointer;  // RFC 6901
    std::string expected; // may hold {version}, {app_version}; compared with Json::plain()
};

struct HeaderRule {
    std::string name, value; // may hold {version}, {app_version} and {credential:ID}
};

// Where a request goes and what its connection has to be like: what HTTP and gRPC probes have in common.
struct Endpoint {
    std::string url; // absolute http or https; may hold {version}, {app_version}
    std::optional<SocketAddress> connect;
    std::string socket; // a Unix socket to connect to, as of UnixProbe; empty: TCP. Never with `connect`
    std::vector<HeaderRule> header;
    std::string ca; // PEM file, empty: the system's
    bool verify = true;
    std::string client_certificate; // PEM file, empty: none
    std::string client_key;         // PEM file, empty: in that of the certificate
    std::string pin;                // "sha256//BASE64", several with ';' between; empty: no rule
    int min_days_left = 0;          // that the server's certificate is valid for; 0: no rule
};

struct HttpProbe : Endpoint {
    std::string method = "GET";
    std::string request_body; // may hold {version}, {app_version} and {credential:ID}
    std::vector<StatusRange> status{StatusRange{}};
    std::vector<JsonRule> json;
    std::string body; // PCRE, empty: no rule; may hold {version}, {app_version} (inserted as literal text)
    std::string version_header; // of the answer, must be {app_version}; empty: no rule
};

// grpc.health.v1.Health/Check.
struct GrpcProbe : Endpoint { // `url` has no path
    std::string service;      // empty: the server as a whole
};

struct TcpProbe {
    SocketAddress address;
};

struct UnixProbe {
    std::string path; // absolute; a leading '@' means the abstract namespace
};

struct UnitProbe {
    std::string unit; // a full name: "docker.service"
};

struct ExecProbe {
    std::vector<std::string> command; // {version} and {app_version} are replaced in each argument
};

struct FileProbe {
    std::string path;                   // absolute; may hold {version}, {app_version}
    std::optional<Duration> newer_than; // how long ago it was written at most
};

struct DnsProbe {
    std::string name;
    std::vector<std::string> addresses; // numeric, in their shortest form; each must be among the answers
};

struct SwarmProbe {
    std::string service;                         // "STACK_SERVICE"
    std::string socket = "/var/run/docker.sock"; // of the Docker Engine
};

struct Probe {
    std::string name; // "probe-1", ... by default; unique in its gate
    Place place;
    std::variant<HttpProbe, TcpProbe, UnixProbe, UnitProbe, ExecProbe, FileProbe, DnsProbe, SwarmProbe,
                 GrpcProbe>
        check;
    bool optional = false;  // it warns only
    bool must_fail = false; // not = true: a failed try is what passes
};

// The endpoint of an HTTP or gRPC probe; nullptr for any other.
const Endpoint* endpoint_of(const Probe& probe);

// What it asks, safe to show: "https://host/path" without user, password and query; "tcp 127.0.0.1:80",
// "exec /usr/bin/check" without arguments.
std::string probe_target(const Probe& probe);

inline bool proves_something(const Probe& probe) {
    return !probe.optional && !probe.must_fail;
}

struct GateSection {
    Duration deadline = 15min;
    std::optional<Duration> boot_deadline; // until the gate has passed in this boot; none: `deadline`
    Duration interval = 1s;                // the longest pause between two tries
    Duration timeout = 10s;                // of one try
    int passes = 1;                        // in a row, 1 to 1000
    Duration settle = 0s;
    bool any = false;                           // one probe is enough that is neither optional nor must fail
    Duration start_period = 0s;                 // before its end no failure ends the gate
    int give_up = 0;                            // failures in a row; 0: never before the deadline
    bool fail_fast = false;                     // end with a failure that no waiting heals
    std::string main_unit;                      // that the app runs as; empty: not told
    Place deadline_at, interval_at, timeout_at; // file == nullptr for a default
    std::vector<Probe> probes;                  // at least one that is neither optional nor must fail

    Duration deadline_for(bool first_in_boot) const {
        return first_in_boot ? boot_deadline.value_or(deadline) : deadline;
    }
    Duration longest_deadline() const { return std::max(deadline, boot_deadline.value_or(deadline)); }
    // Without a pass of this probe the gate can't pass.
    bool needs(const Probe& probe) const;
};

// [watch]: what happens while the unit is active.
struct WatchSection {
    Duration interval = 10s; // from the start of one try of a probe to that of the next
    int failures = 3;        // in a row, 1 to 1000
    enum class Action { alert, fail, redeploy } action = Action::alert;
};

struct Spec {
    std::string name; // [a-z0-9][a-z0-9-]{0,62}
    std::string path; // of NAME.toml as found
    std::string description;
    std::string app;
    std::string domain; // may be empty
    Names serves;
    std::vector<Located<SocketAddress>> listens;
    std::map<std::string, std::string> credentials; // ID -> absolute path
    UnitSection unit;
    VersionSource version;
    Deploy deploy;
    std::vector<std::string> stop_command; // empty: none
    Rollback rollback;
    GateSection gate;
    std::optional<WatchSection> watch; // none: the run ends once the unit is active
    std::vector<SourceRef> sources;    // keeps every Place alive
};

// Host-wide settings: unitgate.toml.
struct Settings {
    std::string base_domain; // empty: none
};

// The longest a run may take when every step uses up its limit: version, deploy, gate, rollback, second gate;
// and what a try of last good takes beyond the default, which is part of the margin of every time-out.
Duration longest_run(const Spec& spec);

} // namespace unitgate

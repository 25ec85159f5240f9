// SPDX-License-Identifier: MIT
// A spec that is right, key by key; and one that is damaged, which never crashes the reader.
#include "catch.hpp"

#include <set>

#include "base/file.hpp"
#include "spec/calendar.hpp"
#include "spec/decode.hpp"
#include "spec/fingerprint.hpp"
#include "spec/keys.hpp"
#include "spec/merge.hpp"
#include "spec/placeholders.hpp"

using namespace unitgate;

namespace {

const Settings no_settings;

struct Decoded {
    SourceFile file;
    Diagnostics errors;
    Spec spec;
};

std::unique_ptr<Decoded> decode(std::string text, const Settings& settings = no_settings) {
    auto out = std::make_unique<Decoded>();
    out->file = {"proxy.toml", std::move(text)};
    TomlFile parsed = parse_toml(out->file);
    out->errors = parsed.errors;
    name_probes(parsed.root);
    out->spec =
        decode_spec({"proxy", &out->file, parsed.root, !parsed.errors.empty(), settings}, out->errors);
    return out;
}

std::vector<std::string> texts(const Names& names) {
    std::vector<std::string> out;
    for (const auto& each : names)
        out.push_back(each.value);
    return out;
}

const std::string full = read_file(SOURCE_ROOT "/tests/data/full.toml").value();
const std::string tail = "[version]\npin = '1'\n[deploy]\ncommand = ['true']\n";

} // namespace

TEST_CASE("a gate that would give up only after its deadline is refused, however long its interval is") {
    auto decoded = decode(tail + "[gate]\ngive_up = 100000\ninterval = '3 years'\n[[gate.probe]]\n"
                                 "tcp = '127.0.0.1:1'\n");
    REQUIRE(decoded->errors.size() == 1);
    CHECK(decoded->errors[0].code == "out-of-range");
}

TEST_CASE("a full spec is read key by key") {
    auto decoded = decode(full);
    INFO(format_diagnostics(decoded->errors));
    REQUIRE(decoded->errors.empty());
    const Spec& spec = decoded->spec;
    CHECK(spec.description == "Traefik, the host's reverse proxy");
    CHECK(spec.app == "traefik");
    CHECK(spec.domain == "traefik.ci.example.net");
    CHECK(texts(spec.serves) ==
          std::vector<std::string>{"https://traefik.ci.example.net/", "http://traefik.ci.example.net/"});
    REQUIRE(spec.listens.size() == 2);
    CHECK(spec.listens[1].value == SocketAddress{"::1", 443});
    CHECK(spec.listens[1].place.line == 6);
    CHECK(spec.listens[1].place.column == 33);
    CHECK(spec.credentials.at("token") == "/etc/unitgate/credentials/token");
    CHECK(spec.unit.name == "deploy-traefik.service");
    CHECK(spec.unit.name_place.line == 10);
    CHECK(texts(spec.unit.after) == std::vector<std::string>{"network-online.target", "docker.service"});
    CHECK(texts(spec.unit.before) == std::vector<std::string>{"deploy-dashboard.service"});
    CHECK(texts(spec.unit.wants) == std::vector<std::string>{"network-online.target"});
    CHECK(texts(spec.unit.requires_) == std::vector<std::string>{"docker.service"});
    CHECK(texts(spec.unit.requisite) == std::vector<std::string>{"docker.socket"});
    CHECK(texts(spec.unit.binds_to) == std::vector<std::string>{"srv.mount"});
    CHECK(texts(spec.unit.part_of) == std::vector<std::string>{"deploy.target"});
    CHECK(texts(spec.unit.conflicts) == std::vector<std::string>{"nginx.service"});
    CHECK(texts(spec.unit.wanted_by) == std::vector<std::string>{"deploy.target", "multi-user.target"});
    CHECK(texts(spec.unit.required_by) == std::vector<std::string>{"apps.target"});
    CHECK(spec.unit.schedule == "Mon 04:00");
    CHECK(spec.version.kind == VersionSource::Kind::command);
    CHECK(spec.version.command.size() == 6);
    CHECK(spec.version.timeout == 20s);
    CHECK(spec.version.extract == "\\+v(.+)$");
    CHECK(spec.deploy.command.size() == 6);
    CHECK(spec.deploy.directory == "/srv/recipes/traefik");
    CHECK(spec.deploy.environment.at("TAG") == "a\tb");
    CHECK(spec.deploy.timeout == 8min);
    CHECK(spec.deploy.when == Deploy::When::always);
    CHECK(spec.stop_command.size() == 4);
    CHECK(spec.rollback.command[1] == "{version}");
    CHECK(spec.rollback.deadline == 270s);
    CHECK(spec.gate.deadline == 12min);
    CHECK(spec.gate.interval == 2s);
    CHECK(spec.gate.timeout == 5s);
    CHECK(spec.gate.passes == 3);
    CHECK(spec.gate.settle == 10s);
    CHECK(spec.gate.deadline_for(true) == 20min);
    CHECK(spec.gate.deadline_for(false) == 12min);
    CHECK(spec.gate.any);
    CHECK(spec.gate.start_period == 1min);
    CHECK(spec.gate.give_up == 60);
    CHECK(spec.gate.fail_fast);
    CHECK(spec.gate.main_unit == "traefik.service");
    REQUIRE(spec.watch);
    CHECK(spec.watch->interval == 30s);
    CHECK(spec.watch->failures == 5);
    CHECK(spec.watch->action == WatchSection::Action::redeploy);
}

TEST_CASE("the probes of a full spec are read key by key") {
    auto decoded = decode(full);
    const auto& probes = decoded->spec.gate.probes;
    REQUIRE(probes.size() == 12);
    CHECK(probes[0].name == "api");
    const auto& http = std::get<HttpProbe>(probes[0].check);
    CHECK(http.url == "https://traefik.ci.example.net/api/version?v={version}");
    CHECK(http.connect == SocketAddress{"127.0.0.1", 443});
    REQUIRE(http.status.size() == 2);
    CHECK(http.status[1].first == 301);
    CHECK(http.status[1].last == 303);
    REQUIRE(http.json.size() == 4);
    CHECK(http.json[0].expected == "{app_version}");
    CHECK(http.json[1].expected == "true");
    CHECK(http.json[2].expected == "3");
    CHECK(http.json[3].expected == "0.5");
    CHECK(http.body == R"("Version":\s*"{app_version}")");
    CHECK(http.header[0].name == "Authorization");
    CHECK(http.header[0].value == "Bearer {credential:token}");
    CHECK(http.ca == "/etc/unitgate/ca.pem");
    CHECK(http.verify);
    CHECK(probes[1].name == "probe-2");
    CHECK_FALSE(std::get<HttpProbe>(probes[1].check).verify);
    CHECK(std::get<TcpProbe>(probes[2].check).address == SocketAddress{"::1", 5432});
    CHECK(probes[3].name == "probe-4");
    CHECK(probes[3].optional);
    CHECK(probes[3].must_fail);
    CHECK_FALSE(probes[2].optional);
    CHECK(std::get<UnixProbe>(probes[3].check).path == "/run/app.sock");
    CHECK(std::get<UnitProbe>(probes[4].check).unit == "docker.service");
    CHECK(std::get<ExecProbe>(probes[5].check).command ==
          std::vector<std::string>{"/srv/app/check", "{version}", "{x}"});
    CHECK(probes[5].optional);
    CHECK_FALSE(probes[5].must_fail);
    CHECK_FALSE(probes[6].optional);
    CHECK_FALSE(probes[6].must_fail);
    CHECK(std::get<FileProbe>(probes[6].check).path == "/srv/app/{version}/ready");
    CHECK(std::get<FileProbe>(probes[6].check).newer_than == 1h);
    CHECK(std::get<DnsProbe>(probes[7].check).name == "db.example.net.");
    CHECK(std::get<DnsProbe>(probes[7].check).addresses ==
          std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
    CHECK(std::get<SwarmProbe>(probes[8].check).service == "traefik_app");
    CHECK(std::get<SwarmProbe>(probes[8].check).socket == "/run/docker.sock");
}

TEST_CASE("what a full spec says of requests is read key by key") {
    auto decoded = decode(full);
    const auto& probes = decoded->spec.gate.probes;
    REQUIRE(probes.size() == 12);
    const auto& grpc = std::get<GrpcProbe>(probes[9].check);
    CHECK(grpc.url == "https://search.example.net:8443");
    CHECK(grpc.service == "example.v1.Search");
    CHECK(grpc.client_certificate == "/etc/unitgate/client.pem");
    CHECK(grpc.client_key == "/etc/unitgate/client.key");
    CHECK(grpc.pin.ends_with("=;sha256//n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="));
    CHECK(grpc.min_days_left == 14);
    const auto& post = std::get<HttpProbe>(probes[10].check);
    CHECK(post.method == "POST"); // for it has a body
    CHECK(post.request_body == R"({"query": "{app_version} {credential:token}"})");
    CHECK(post.socket == "@app");
    CHECK(post.version_header == "X-App-Version");
    CHECK(std::get<HttpProbe>(probes[11].check).method == "HEAD");
    CHECK(std::get<HttpProbe>(probes[0].check).method == "GET");
}

TEST_CASE("a probe that would not come out the same for another version is known") {
    auto decoded = decode(full);
    std::string mention;
    for (const Probe& probe : decoded->spec.gate.probes)
        if (mentions_version(probe)) mention += probe.name + " ";
    CHECK(mention == "api probe-6 probe-7 probe-11 ");
    Probe probe = decoded->spec.gate.probes[10];
    auto& post = std::get<HttpProbe>(probe.check);
    CHECK(mentions_credential(probe, "token"));
    CHECK_FALSE(mentions_credential(probe, "other"));
    post.request_body.clear();
    CHECK(mentions_version(probe)); // by its version_header
    CHECK_FALSE(mentions_credential(probe, "token"));
}

TEST_CASE("what a probe asks is shown without its secrets") {
    auto target = [](decltype(Probe::check) check) { return probe_target({"p", {}, std::move(check)}); };
    GrpcProbe grpc;
    grpc.url = "https://bob:HUSH@search.example.net:8443";
    grpc.service = "example.v1.Search";
    CHECK(target(grpc) == "grpc https://search.example.net:8443/example.v1.Search");
    HttpProbe http;
    http.url = "https://bob:HUSH@app.example.net/x?key=HUSH";
    CHECK(target(http) == "https://app.example.net/x");
    CHECK(target(TcpProbe{{"::1", 80}}) == "tcp [::1]:80");
    CHECK(target(UnixProbe{"@app"}) == "unix @app");
    CHECK(target(UnitProbe{"docker.service"}) == "unit docker.service");
    CHECK(target(ExecProbe{{"/srv/app/check", "--key", "HUSH"}}) == "exec /srv/app/check");
    CHECK(target(FileProbe{"/run/app/ready", {}}) == "file /run/app/ready");
    CHECK(target(DnsProbe{"db.example.net", {}}) == "dns db.example.net");
    CHECK(target(SwarmProbe{"traefik_app"}) == "swarm traefik_app");
}

TEST_CASE("what a short spec leaves out has its default") {
    auto decoded = decode(tail + "[[gate.probe]]\npath = '/'\n", {"ci.example.net"});
    INFO(format_diagnostics(decoded->errors));
    REQUIRE(decoded->errors.empty());
    const Spec& spec = decoded->spec;
    CHECK(spec.app == "proxy");
    CHECK(spec.domain == "proxy.ci.example.net");
    CHECK(texts(spec.serves) == std::vector<std::string>{"https://proxy.ci.example.net/"});
    CHECK(spec.unit.name == "deploy-proxy.service");
    CHECK(texts(spec.unit.wanted_by) == std::vector<std::string>{"deploy.target"});
    CHECK(spec.rollback.enabled);
    CHECK(spec.gate.deadline == 15min);
    CHECK(spec.gate.deadline_for(true) == 15min);
    CHECK_FALSE(spec.watch);
    auto watched = decode("watch = {}\n" + tail + "[[gate.probe]]\ntcp = '127.0.0.1:1'\n");
    REQUIRE(watched->spec.watch);
    CHECK(watched->spec.watch->interval == 10s);
    CHECK(watched->spec.watch->failures == 3);
    CHECK(watched->spec.watch->action == WatchSection::Action::alert);
    CHECK(std::get<HttpProbe>(spec.gate.probes[0].check).url == "https://proxy.ci.example.net/");
    CHECK(decode("unit = { wanted_by = [] }\n" + tail + "[[gate.probe]]\ntcp = '127.0.0.1:1'\n")
              ->spec.unit.wanted_by.empty());
}

TEST_CASE("a schedule is one line that says something") {
    for (const char* schedule : {"''", "'  '", "\"daily\\nUnit=x\""})
        CHECK(decode(std::string("unit = { schedule = ") + schedule + " }\n" + tail +
                     "[[gate.probe]]\ntcp = '127.0.0.1:1'\n")
                  ->errors.size() == 1);
}

TEST_CASE("a schedule that systemd would not take, and never set off, is an error") {
    for (const char* schedule :
         {"every day",      "foo",        "25:00",      "4:00am",           "04h00",
          "0 4 * * *",      "@daily",     "Montag",     "Fri..Mon",         "Mon..",
          "Mon 4",          "2026-13-01", "2026-02-32", "*-*~29",           "12-25 24:00",
          "*-*-* 04:60",    "04:00:60",   "*:0/0",      "*/5:00",           "1,,2:00",
          "04:00 tomorrow", "2200-01-01", "UTC",        "00:00:00.1234567", "10..5:00"}) {
        INFO(schedule);
        CHECK_FALSE(is_calendar_event(schedule));
    }
    for (const char* schedule : {"daily",
                                 "Weekly",
                                 "semi-annually",
                                 "04:00",
                                 "4:5",
                                 "Mon 04:00",
                                 "mon..Friday,SUN 04:00",
                                 "Sat",
                                 "Mon-Fri",
                                 "Mon, 4:00",
                                 "12-25",
                                 "*-*-1..7 04:00",
                                 "*-02~01",
                                 "*-*~7/1",
                                 "2026-11-27 04:00:30",
                                 "26-11-27",
                                 "*:0/15",
                                 "*:*:0/3",
                                 "*-*-* *:*:00/3",
                                 "0..23/2:30",
                                 "*:*:07.5",
                                 "1,5..9,20/3:00",
                                 "04:00 UTC",
                                 "daily utc",
                                 "Mon *-*-* 04:00 Europe/Berlin",
                                 "04:00 EST5EDT",
                                 "@1395716396"}) {
        INFO(schedule);
        CHECK(is_calendar_event(schedule));
    }
}

TEST_CASE("every known key has an example that is valid, and the full spec has every key") {
    SourceFile file{"full.toml", full};
    TomlFile parsed = parse_toml(file);
    for (const KnownKey& known : known_keys()) {
        INFO(known.table << " " << known.key);
        SourceFile example{"x.toml", std::string(known.key) + " = " + std::string(known.example)};
        CHECK(parse_toml(example).errors.empty());
        static const std::set<std::string_view> exclusive = {"pin", "file"}; // instead of command
        if (known.table == "settings" || exclusive.contains(known.key)) continue;
        const Node* table = &parsed.root;
        if (known.table == "gate.probe") {
            bool found = false;
            for (const Node& probe : table->find("gate")->find("probe")->children)
                found = found || probe.find(known.key);
            CHECK(found);
        } else {
            if (!known.table.empty()) table = table->find(known.table);
            REQUIRE(table);
            CHECK(table->find(known.key));
        }
    }
}

TEST_CASE("the causes of mistakes repeat no secret") {
    auto decoded = decode("[version]\npin = '1'\n[deploy]\ncommand = ['true']\nenvironment = { 'A B' = "
                          "'HUSH', C = 'HUSH\\u0000' }\n"
                          "[[gate.probe]]\nurl = 'https://bob:HUSH@h/ x'\nheader = { 'X Y' = 'HUSH', Z = "
                          "\"HUSH\\n\", V = 'HUSH {verson}' }\n"
                          "[[gate.probe]]\nurl = HUSH\n");
    CHECK(decoded->errors.size() >= 5);
    for (const Diagnostic& each : decoded->errors) {
        CHECK(each.cause.find("HUSH") == std::string::npos);
        CHECK(each.remedy.find("HUSH") == std::string::npos);
    }
}

TEST_CASE("a fingerprint is of the content: not of order or spacing") {
    auto print = [](std::string text) {
        SourceFile file{"x.toml", "[deploy]\n" + text};
        TomlFile parsed = parse_toml(file);
        REQUIRE(parsed.errors.empty());
        return fingerprint(*parsed.root.find("deploy"));
    };
    std::string base = print("command = ['a', 'b']\ntimeout = '1s'");
    CHECK(base.size() == 64);
    CHECK(print("timeout   = \"1s\"  # x\ncommand = [ 'a',\n 'b' ]\n") == base);
    CHECK(print("command = ['a', 'c']\ntimeout = '1s'") != base);
    CHECK(print("command = ['ab']\ntimeout = '1s'") != base);
    CHECK(print("command = ['a', 'b']") != base);
    CHECK(print("command = ['a', 'b']\ntimeout = 1") != print("command = ['a', 'b']\ntimeout = '1'"));
    CHECK(print("environment = { A = '1' }") == print("environment.A = '1'"));
}

TEST_CASE("a spec that is cut short or damaged at any byte is reported and never crashes") {
    for (std::size_t length = 0; length < full.size(); ++length) {
        auto decoded = decode(full.substr(0, length));
        format_diagnostics(decoded->errors);
    }
    for (std::size_t at = 0; at < full.size(); ++at)
        for (unsigned char flip : {0x01, 0x20, 0x80, 0xff}) {
            std::string text = full;
            text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ flip);
            auto decoded = decode(text);
            format_diagnostics(decoded->errors);
        }
    for (std::string deep :
         {std::string(200'000, '['), std::string(200'000, '{'), "a = " + std::string(200'000, '['),
          "a" + std::string(100'000, '.') + "b = 1", std::string(300'000, 'a')}) {
        auto decoded = decode(deep);
        CHECK_FALSE(decoded->errors.empty());
        CHECK(decoded->errors.size() < 20);
    }
}

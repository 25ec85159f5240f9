// SPDX-License-Identifier: MIT
#include "spec/keys.hpp"

#include <array>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::string_view text = "string", texts = "list of strings", span = "duration", integer = "integer",
                           boolean = "boolean", table = "table", tables = "list of tables", mixed = "list";

constexpr auto keys = std::to_array<KnownKey>({
    {"", "description", text, "\"Traefik, the host's reverse proxy\""},
    {"", "app", text, "\"traefik\""},
    {"", "domain", text, "\"traefik.ci.example.net\""},
    {"", "serves", texts, "[\"https://traefik.ci.example.net/\"]"},
    {"", "listens", texts, "[\"127.0.0.1:443\"]"},
    {"", "credentials", table, "{ token = \"/etc/unitgate/credentials/token\" }"},
    {"", "unit", table, "{ after = [\"docker.service\"] }"},
    {"", "version", table, "{ file = \"/srv/app/version\" }"},
    {"", "deploy", table, "{ command = [\"/srv/app/deploy\", \"{version}\"] }"},
    {"", "stop", table, "{ command = [\"/srv/app/stop\"] }"},
    {"", "rollback", table, "{ enabled = false }"},
    {"", "gate", table, "{ deadline = \"15min\" }"},
    {"", "watch", table, "{ interval = \"10s\" }"},
    {"unit", "name", text, "\"deploy-proxy.service\""},
    {"unit", "after", texts, "[\"docker.service\"]"},
    {"unit", "before", texts, "[\"docker.service\"]"},
    {"unit", "wants", texts, "[\"docker.service\"]"},
    {"unit", "requires", texts, "[\"docker.service\"]"},
    {"unit", "requisite", texts, "[\"docker.service\"]"},
    {"unit", "binds_to", texts, "[\"docker.service\"]"},
    {"unit", "part_of", texts, "[\"docker.service\"]"},
    {"unit", "conflicts", texts, "[\"docker.service\"]"},
    {"unit", "wanted_by", texts, "[\"deploy.target\"]"},
    {"unit", "required_by", texts, "[\"deploy.target\"]"},
    {"unit", "schedule", text, "\"daily\""},
    {"version", "pin", text, "\"1.2.3\""},
    {"version", "file", text, "\"/srv/app/version\""},
    {"version", "command", texts, "[\"git\", \"-C\", \"/srv/app\", \"describe\", \"--tags\"]"},
    {"version", "timeout", span, "\"30s\""},
    {"version", "extract", text, "'\\+v(.+)$'"},
    {"deploy", "command", texts, "[\"/srv/app/deploy\", \"{version}\"]"},
    {"deploy", "directory", text, "\"/srv/app\""},
    {"deploy", "environment", table, "{ STACK = \"traefik\" }"},
    {"deploy", "timeout", span, "\"10min\""},
    {"deploy", "when", text, "\"changed\""},
    {"stop", "command", texts, "[\"/srv/app/stop\"]"},
    {"rollback", "enabled", boolean, "true"},
    {"rollback", "command", texts, "[\"/srv/app/deploy\", \"{version}\"]"},
    {"rollback", "deadline", span, "\"5min\""},
    {"gate", "deadline", span, "\"15min\""},
    {"gate", "boot_deadline", span, "\"30min\""},
    {"gate", "interval", span, "\"1s\""},
    {"gate", "timeout", span, "\"10s\""},
    {"gate", "passes", integer, "1"},
    {"gate", "settle", span, "\"0s\""},
    {"gate", "any", boolean, "true"},
    {"gate", "start_period", span, "\"1min\""},
    {"gate", "give_up", integer, "60"},
    {"gate", "fail_fast", boolean, "true"},
    {"gate", "main_unit", text, "\"traefik.service\""},
    {"gate", "probe", tables, "[{ path = \"/\" }]"},
    {"gate.probe", "name", text, "\"api\""},
    {"gate.probe", "optional", boolean, "true"},
    {"gate.probe", "not", boolean, "true"},
    {"gate.probe", "url", text, "\"https://traefik.ci.example.net/api/version\""},
    {"gate.probe", "path", text, "\"/api/version\""},
    {"gate.probe", "tcp", text, "\"127.0.0.1:5432\""},
    {"gate.probe", "unix", text, "\"/run/app.sock\""},
    {"gate.probe", "unit", text, "\"docker.service\""},
    {"gate.probe", "exec", texts, "[\"/srv/app/check\", \"{version}\"]"},
    {"gate.probe", "file", text, "\"/run/app/ready\""},
    {"gate.probe", "newer_than", span, "\"1h\""},
    {"gate.probe", "dns", text, "\"traefik.ci.example.net\""},
    {"gate.probe", "address", texts, "[\"192.0.2.1\"]"},
    {"gate.probe", "swarm", text, "\"traefik_app\""},
    {"gate.probe", "grpc", text, "\"https://traefik.ci.example.net:8443\""},
    {"gate.probe", "service", text, "\"example.v1.Search\""},
    {"gate.probe", "connect", text, "\"127.0.0.1:443\""},
    {"gate.probe", "socket", text, "\"/run/app.sock\""},
    {"gate.probe", "method", text, "\"POST\""},
    {"gate.probe", "request_body", text, "'{\"query\": \"ok\"}'"},
    {"gate.probe", "status", mixed, "[200, \"301-303\"]"},
    {"gate.probe", "json", table, "{ \"/Version\" = \"{app_version}\" }"},
    {"gate.probe", "body", text, "'ok'"},
    {"gate.probe", "header", table, "{ Authorization = \"Bearer {credential:token}\" }"},
    {"gate.probe", "version_header", text, "\"X-App-Version\""},
    {"gate.probe", "ca", text, "\"/etc/unitgate/ca.pem\""},
    {"gate.probe", "verify", boolean, "true"},
    {"gate.probe", "client_certificate", text, "\"/etc/unitgate/client.pem\""},
    {"gate.probe", "client_key", text, "\"/etc/unitgate/client.key\""},
    {"gate.probe", "pin", text, "\"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\""},
    {"gate.probe", "min_days_left", integer, "14"},
    {"watch", "interval", span, "\"10s\""},
    {"watch", "failures", integer, "3"},
    {"watch", "action", text, "\"alert\""},
    {"settings", "base_domain", text, "\"ci.example.net\""},
});

// The rows of one table stand together. Looked up for each key of each spec, so the tables are found first.
struct Rows {
    std::string_view table;
    std::size_t first = 0, end = 0;
};
constexpr auto tables_of_keys = [] {
    std::array<Rows, 16> all{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i == 0 || keys[i].table != keys[i - 1].table) all[count++] = {keys[i].table, i, i};
        all[count - 1].end = i + 1;
    }
    return all;
}();

} // namespace

std::span<const KnownKey> known_keys() {
    return keys;
}

const KnownKey* known_key(std::string_view in, std::string_view key) {
    for (const Rows& rows : tables_of_keys) {
        if (rows.table != in || rows.end == 0) continue;
        for (std::size_t i = rows.first; i < rows.end; ++i)
            if (keys[i].key == key) return &keys[i];
    }
    return nullptr;
}

std::string shown_table(std::string_view name) {
    if (name.empty() || name == "settings") return "the top of the file";
    if (name == "gate.probe") return "[[gate.probe]]";
    return "[" + std::string(name) + "]";
}

namespace {

// "at the top of the file", "in [rollback]", and behind others " or [gate]".
std::string where(std::string_view table, std::string_view before) {
    std::string text = before.empty() ? "" : " or ";
    if (table.empty() || table == "settings") return text + "at " + shown_table(table);
    return text + (before.find("in [") == std::string_view::npos ? "in " : "") + shown_table(table);
}

} // namespace

std::string suggest_key(std::string_view in, std::string_view key) {
    if (in.empty() && (key == "Service" || key == "Install"))
        return "a spec is no unit file; settings of systemd alone go into a drop-in: 'systemctl edit UNIT'";
    // systemd's own spelling ("WantedBy", "wanted-by") is the likeliest slip in [unit].
    std::string plain;
    for (char c : key) {
        if (c == '-') c = '_';
        bool upper = lower(c) != c;
        if (upper && !plain.empty() && plain.back() != '_') plain += '_';
        plain += lower(c);
    }
    if (known_key(in, plain)) return "write '" + plain + "'";
    std::vector<std::string_view> here;
    std::string elsewhere;
    for (const KnownKey& known : keys) {
        if (known.table == in)
            here.push_back(known.key);
        else if (known.key == plain && (known.table == "settings") == (in == "settings"))
            elsewhere += where(known.table, elsewhere);
    }
    if (auto near = nearest(plain, here); !near.empty()) return "did you mean '" + std::string(near) + "'?";
    if (plain == "probe") return "write [[gate.probe]]";
    if (!elsewhere.empty()) return "'" + plain + "' belongs " + elsewhere;
    std::string all;
    for (auto each : here)
        all += (all.empty() ? "" : ", ") + std::string(each);
    return "the keys here are: " + all;
}

} // namespace unitgate

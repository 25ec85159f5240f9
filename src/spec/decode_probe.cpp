// SPDX-License-Identifier: MIT
// One [[gate.probe]]: what kind it is, and whether its keys go with that.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

struct Kind {
    std::string_view key, example;
};
constexpr auto kinds = std::to_array<Kind>({
    {"url", "url = \"https://HOST/PATH\""},
    {"path", "path = \"/PATH\""},
    {"grpc", "grpc = \"https://HOST:PORT\""},
    {"tcp", "tcp = \"127.0.0.1:PORT\""},
    {"unix", "unix = \"/PATH\""},
    {"unit", "unit = \"NAME.service\""},
    {"swarm", "swarm = \"STACK_SERVICE\""},
    {"exec", "exec = [\"PROGRAM\"]"},
    {"file", "file = \"/PATH\""},
    {"dns", "dns = \"HOST\""},
});

// The keys that say more of a probe, and the kinds that they go with.
struct Detail {
    std::string_view key;
    std::string_view kinds; // keys of kinds with a blank between
};
constexpr std::string_view http = "url path", request = "url path grpc";
constexpr auto details = std::to_array<Detail>({
    {"connect", request},
    {"socket", "url path grpc swarm"},
    {"method", http},
    {"request_body", http},
    {"status", http},
    {"json", http},
    {"body", http},
    {"header", request},
    {"version_header", http},
    {"ca", request},
    {"verify", request},
    {"client_certificate", request},
    {"client_key", request},
    {"pin", request},
    {"min_days_left", request},
    {"service", "grpc"},
    {"newer_than", "file"},
    {"address", "dns"},
});

template <class Word>
std::string with_or(const std::vector<Word>& words, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " " + std::string(last) + " " : ", ";
        text += words[i];
    }
    return text;
}

std::string all_kinds(std::string_view Kind::*shown, std::string_view last) {
    std::vector<std::string_view> words;
    for (const Kind& kind : kinds)
        words.push_back(kind.*shown);
    return with_or(words, last);
}

class ProbeDecoder {
  public:
    ProbeDecoder(const Node& table, const Report& report, const std::string& no_domain, const Spec& spec)
        : in_(&table, "gate.probe", report), report_(report), no_domain_(no_domain), spec_(spec) {}

    void decode(Probe& probe) {
        name(probe);
        in_.boolean("optional", probe.optional);
        in_.boolean("not", probe.must_fail);
        probe.check = check(choose());
    }

  private:
    Reader in_;
    const Report& report_;
    const std::string& no_domain_;
    const Spec& spec_;

    // The key that says what kind of probe it is; empty when that is not clear.
    std::string_view choose() {
        std::string_view chosen;
        for (const Kind& kind : kinds) {
            if (!in_.has(kind.key)) continue;
            if (!chosen.empty()) {
                in_.conflict(kind.key,
                             "the probe has both '" + std::string(chosen) + "' and '" +
                                 std::string(kind.key) + "'",
                             "keep one of " + all_kinds(&Kind::key, "and") +
                                 ", and write another [[gate.probe]] for the rest");
                return {};
            }
            chosen = kind.key;
        }
        if (chosen.empty())
            report_missing(report_, in_.place(), "the probe does not say what to try",
                           "add one of " + all_kinds(&Kind::example, "or"));
        else
            refuse_foreign(chosen);
        return chosen;
    }

    void refuse_foreign(std::string_view kind) {
        for (const Detail& detail : details) {
            auto goes_with = split(detail.kinds, ' ');
            if (!in_.has(detail.key) ||
                std::find(goes_with.begin(), goes_with.end(), kind) != goes_with.end())
                continue;
            in_.conflict(detail.key,
                         "'" + std::string(detail.key) + "' means nothing for a probe with '" +
                             std::string(kind) + "'",
                         "remove it: it goes with " + with_or(goes_with, "and") + " alone");
        }
    }

    decltype(Probe::check) check(std::string_view kind) {
        if (kind == "tcp") return tcp();
        if (kind == "unix") return unix_socket();
        if (kind == "unit") return unit();
        if (kind == "exec") return exec();
        if (kind == "file") return file();
        if (kind == "dns") return dns();
        if (kind == "swarm") return swarm();
        if (kind == "grpc") return decode_grpc(in_, spec_);
        return decode_http(in_, kind, no_domain_, spec_);
    }

    void name(Probe& probe) {
        const Node* name = in_.find("name");
        if (!name) return;
        bool plain =
            name->kind == Node::Kind::text && !name->text.empty() && name->text.size() <= 64 &&
            std::all_of(name->text.begin(), name->text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
        if (plain)
            probe.name = name->text;
        else
            report_.error(name->place, "bad-name",
                          "'name' of [[gate.probe]] must be a string of 1 to 64 printable ASCII characters",
                          "write it as name = \"api\"");
    }

    TcpProbe tcp() {
        TcpProbe probe;
        std::string text;
        if (in_.text("tcp", text, "bad-address", check_socket_address))
            probe.address = parse_socket_address(text).value();
        return probe;
    }

    UnixProbe unix_socket() {
        UnixProbe probe;
        in_.text("unix", probe.path, "bad-path", check_socket_path);
        return probe;
    }

    UnitProbe unit() {
        UnitProbe probe;
        in_.text("unit", probe.unit, "bad-unit-name", check_unit_name);
        return probe;
    }

    ExecProbe exec() {
        ExecProbe probe;
        in_.command("exec", probe.command, {.lenient = true, .credentials = {}});
        return probe;
    }

    FileProbe file() {
        FileProbe probe;
        if (in_.text("file", probe.path, "bad-path", check_absolute_path))
            if (auto fault = find_placeholder_fault(probe.path, {}))
                report_.placeholder(in_.find("file")->place, {}, *fault);
        Duration newer_than{};
        if (in_.span("newer_than", newer_than)) probe.newer_than = newer_than;
        return probe;
    }

    DnsProbe dns() {
        DnsProbe probe;
        in_.text("dns", probe.name, "bad-domain", [](std::string_view name) -> Status {
            if (shortest_address(name))
                return fail("is an address, which nobody has to look up", "write the name that leads to it");
            return check_host_name(name);
        });
        Names addresses;
        in_.texts("address", addresses, "bad-address", [](std::string_view text) -> Status {
            if (shortest_address(text)) return {};
            return fail("is no IP address", "write it as 192.0.2.1 or 2001:db8::1, without a port");
        });
        for (const auto& address : addresses)
            probe.addresses.push_back(shortest_address(address.value).value());
        return probe;
    }

    SwarmProbe swarm() {
        SwarmProbe probe;
        in_.text("swarm", probe.service, "bad-service", check_service);
        in_.text("socket", probe.socket, "bad-path", check_socket_path);
        return probe;
    }
};

} // namespace

Probe decode_probe(const Node& table, std::size_t position, const Report& report,
                   const std::string& no_domain, const Spec& spec) {
    Probe probe;
    probe.place = table.place;
    probe.name = "probe-" + std::to_string(position);
    ProbeDecoder(table, report, no_domain, spec).decode(probe);
    return probe;
}

std::string probe_kinds() {
    return all_kinds(&Kind::key, "or");
}

} // namespace unitgate

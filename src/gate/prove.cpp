// SPDX-License-Identifier: MIT
#include "gate/prove.hpp"

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>

#include "gate/not_probe.hpp"
#include "gate/prober.hpp"
#include "gate/prove_http.hpp"
#include "gate/prove_made_up.hpp"
#include "gate/prove_services.hpp"
#include "io/bad_server.hpp"
#include "spec/url.hpp"
#include "systemd/unit_watch.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;
using Way = ServerCase::Way;
using Must = ServerCase::Must;

// Of a try that is going to hang: that it ends, and as what, does not depend on how long it waits.
constexpr Duration hang_timeout = std::chrono::seconds(1);

class Prover {
  public:
    Prover(Event& event, const Spec& spec, const Probe& probe, const ProofInputs& inputs)
        : event_(event), spec_(spec), probe_(probe), inputs_(inputs) {
        // Servers of this proof are the only ones that see them.
        for (const auto& [id, source] : spec.credentials)
            credentials_[id] = "placeholder";
        proof_.name = probe.name;
        proof_.target = probe_target(probe);
    }

    Result<ProbeProof> prove() {
        if (auto shown = std::visit([this](const auto& check) { return show(check); }, probe_.check); !shown)
            return tl::unexpected(shown.error());
        for (ProofRow& row : proof_.rows)
            if (probe_.optional && row.grade == Grade::hole) {
                row.grade = Grade::advice;
                row.note += row.note.empty() ? "the probe is optional" : "; the probe is optional";
            }
        return std::move(proof_);
    }

  private:
    Status show(const HttpProbe& http) { return show_endpoint(http, http_cases(http, known_answers(http))); }
    Status show(const GrpcProbe& grpc) { return show_endpoint(grpc, grpc_cases(grpc)); }

    template <class WithEndpoint>
    Status show_endpoint(const WithEndpoint& asks, ServerCases cases) {
        std::optional<ThrowawayAuthority> authority;
        if (asks.url.starts_with("https:")) {
            auto made = ThrowawayAuthority::create();
            if (!made) return not_shown("all servers", made.error());
            authority = std::move(*made);
        }
        auto url = parse_url(expand(asks.url, inputs_.expansion));
        const std::string host = url ? url->host : "";
        auto place = asks.socket.empty() ? BadServer::Place::ipv4 : BadServer::Place::unix_socket;
        auto redirect = [&](const BadServer& server) {
            WithEndpoint probe = asks;
            if (asks.socket.empty())
                probe.connect = server.address();
            else
                probe.socket = server.path();
            if (!authority) return probe;
            probe.ca = probe.verify ? authority->path() : "";
            if (!probe.pin.empty()) probe.pin = authority->pin();
            probe.client_certificate.clear(); // no server of a proof asks for one
            probe.client_key.clear();
            return probe;
        };
        for (ServerCase& one : cases) {
            std::optional<ServerIdentity> identity;
            if (authority) {
                one.tls.days += asks.min_days_left;
                auto made = authority->identity(host, one.tls);
                if (!made) return not_shown(one.server, made.error());
                identity = std::move(*made);
                if (!one.before_handshake) one.script.insert(one.script.begin(), {Do::handshake});
            }
            if (auto shown = show_case(one, identity ? &*identity : nullptr, place, redirect); !shown)
                return shown;
        }
        return {};
    }

    Status show(const SwarmProbe& swarm) {
        for (const ServerCase& one : swarm_cases(swarm)) {
            auto redirect = [&](const BadServer& server) { return SwarmProbe{swarm.service, server.path()}; };
            if (auto shown = show_case(one, nullptr, BadServer::Place::unix_socket, redirect); !shown)
                return shown;
        }
        return {};
    }

    KnownAnswers known_answers(const HttpProbe& http) const {
        KnownAnswers known{{}, "made from the spec", inputs_.expansion, other_version(inputs_.expansion)};
        if (auto own = inputs_.own.find(probe_.name); own != inputs_.own.end()) {
            known.healthy = own->second;
            known.healthy_from = "the app's own answer";
        } else {
            known.healthy = build_healthy(http, inputs_.expansion);
        }
        return known;
    }

    Status show(const TcpProbe&) {
        return show_sockets(BadServer::Place::ipv4,
                            [](const BadServer& server) { return TcpProbe{server.address()}; });
    }

    Status show(const UnixProbe&) {
        return show_sockets(BadServer::Place::unix_socket,
                            [](const BadServer& server) { return UnixProbe{server.path()}; });
    }

    template <class Redirect>
    Status show_sockets(BadServer::Place place, Redirect redirect) {
        ServerCase refuses, full, mute, healthy;
        refuses.server = "refuses connections";
        refuses.way = Way::refuses;
        full.server = "takes no more connections, as its queue is full";
        full.way = Way::full;
        full.hangs = true;
        mute.server = "accepts and says nothing";
        mute.script = {{Do::hang}};
        mute.otherwise = Grade::advice;
        mute.key = "url";
        mute.note =
            "this only sees that something takes connections: ask the app with 'url', if it speaks HTTP";
        healthy.server = "a healthy copy: accepts and answers";
        healthy.script = {{Do::send, "hello\n"}};
        healthy.must = Must::pass;
        for (const ServerCase& one : {refuses, full, mute, healthy})
            if (auto shown = show_case(one, nullptr, place, redirect); !shown) return shown;
        return {};
    }

    Status show(const UnitProbe&) {
        take(unit_rows(probe_.must_fail));
        return {};
    }

    Status show(const FileProbe& file) {
        Fd empty(::memfd_create("unitgate-prove", MFD_CLOEXEC));
        if (!empty) {
            leave_out("all files", "cannot make a file in memory");
            return {};
        }
        const bool turned = probe_.must_fail;
        FileProbe here = file, gone = file;
        here.path = "/proc/self/fd/" + std::to_string(empty.get());
        gone.path = "/proc/self/fd/unitgate-prove-missing";
        if (auto shown = show_check("the file is missing", gone, turned); !shown) return shown;
        if (auto shown = show_check("a healthy copy: the file is there, and new", here, !turned); !shown)
            return shown;
        if (!file.newer_than) return {};
        std::array<timespec, 2> times{}; // 1970
        ::futimens(empty.get(), times.data());
        return show_check("the file is old", here, turned);
    }

    Status show(const ExecProbe&) {
        for (const StandIn& one : exec_stand_ins())
            if (auto shown = show_check(one.what, ExecProbe{one.command}, one.is_healthy, one.hangs,
                                        "another command stood in for it");
                !shown)
                return shown;
        leave_out("the command itself", "it can't be redirected, and knows best what a failing app is: "
                                        "'unitgate probe' shows what it says while the app is down");
        return {};
    }

    Status show(const DnsProbe& dns) {
        DnsProbe impossible = dns;
        impossible.name = impossible_name();
        if (auto shown = show_check("the name does not resolve", impossible, false, false,
                                    "a name that no name server is asked for");
            !shown)
            return shown;
        take(dns_rows(dns, probe_.must_fail));
        return {};
    }

    // One row: a try of the probe with `check` in the place of its own.
    Status show_check(const std::string& what, decltype(Probe::check) check, bool must_pass,
                      bool hangs = false, const char* how = "") {
        Probe probe = probe_;
        probe.check = std::move(check);
        auto tried = try_once(probe, hangs ? std::min(spec_.gate.timeout, hang_timeout) : spec_.gate.timeout);
        if (!tried) return not_shown(what, tried.error());
        bool held = tried->passed() == must_pass;
        proof_.rows.push_back(
            {what, held ? Grade::held : Grade::hole, *std::move(tried), "", held ? how : not_ours});
        return {};
    }

    void take(std::vector<ProofRow> rows) {
        for (ProofRow& row : rows)
            proof_.rows.push_back(std::move(row));
    }

    // One row: a server, and a try of the probe as `redirect` makes it for that server.
    template <class Redirect>
    Status show_case(const ServerCase& one, const ServerIdentity* identity, BadServer::Place place,
                     Redirect redirect) {
        if (probe_.must_fail && one.is_answer) return {};
        if (one.must == Must::not_shown) {
            leave_out(one.server, one.note);
            return {};
        }
        // With `not` the app that is there must fail, and only who refuses says that it is not there.
        const bool must_pass = probe_.must_fail ? one.way == Way::refuses : one.must == Must::pass;
        auto server = one.way == Way::refuses ? BadServer::refusing(place)
                      : one.way == Way::full  ? BadServer::full(place)
                                              : BadServer::start(one.script, identity, place);
        if (!server) return not_shown(one.server, server.error());
        Probe probe = probe_;
        probe.check = redirect(*server);
        Duration timeout = one.hangs ? std::min(spec_.gate.timeout, hang_timeout) : spec_.gate.timeout;
        auto tried = try_once(probe, timeout);
        if (!tried) return not_shown(one.server, tried.error());

        ProofRow row{one.server, Grade::held, *std::move(tried), "", ""};
        if (row.result.passed() != must_pass) {
            row.grade = probe_.must_fail ? Grade::hole : one.otherwise;
            row.key = probe_.must_fail ? "" : one.key;
            row.note = !probe_.must_fail ? one.note
                       : one.must == Must::pass
                           ? "an app that is there is not seen: see what the probe asks for"
                       : must_pass ? "the gate can't pass: see the cause"
                                   : not_ours;
        } else if (timeout < spec_.gate.timeout && row.result.cause == Cause::timeout) {
            row.note = "time-out shortened to " + format_duration(timeout) + " from " +
                       format_duration(spec_.gate.timeout);
        }
        proof_.rows.push_back(std::move(row));
        return {};
    }

    // Fails where the probe can't be made, or the loop breaks.
    Result<TryResult> try_once(const Probe& probe, Duration timeout) {
        auto prober = make_prober(event_, probe, timeout, inputs_.expansion, credentials_,
                                  std::make_shared<UnitWatch>(event_));
        if (!prober) return tl::unexpected(prober.error());
        if (probe.must_fail) prober = make_not_prober(*std::move(prober), not_of(probe));
        std::optional<TryResult> result = (*prober)->start([&](TryResult late) { result = std::move(late); });
        if (auto ran = event_.run_until([&] { return result.has_value(); }); !ran)
            return tl::unexpected(ran.error());
        return *std::move(result);
    }

    void leave_out(const std::string& server, const std::string& why) {
        proof_.rows.push_back({server, Grade::not_shown, {}, "", why});
    }
    Status not_shown(const std::string& server, const Error& why) {
        leave_out(server, why.message);
        return {};
    }

    Event& event_;
    const Spec& spec_;
    const Probe& probe_;
    const ProofInputs& inputs_;
    Credentials credentials_;
    ProbeProof proof_;
};

} // namespace

Result<ProbeProof> prove_probe(Event& event, const Spec& spec, const Probe& probe,
                               const ProofInputs& inputs) {
    return Prover(event, spec, probe, inputs).prove();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/prober.hpp"

#include <utility>
#include <variant>

#include "gate/dns_probe.hpp"
#include "gate/exec_probe.hpp"
#include "gate/file_probe.hpp"
#include "gate/grpc_probe.hpp"
#include "gate/http_probe.hpp"
#include "gate/socket_probe.hpp"
#include "gate/swarm_probe.hpp"
#include "gate/unit_probe.hpp"

namespace unitgate {

namespace {

struct Maker {
    const Event& event;
    Duration timeout;
    const Expansion& expansion;
    const Credentials& credentials;
    std::shared_ptr<UnitWatch> units;

    using Made = Result<std::unique_ptr<Prober>>;
    Made operator()(const HttpProbe& probe) const {
        return make_http_prober(event, probe, timeout, expansion, credentials);
    }
    Made operator()(const TcpProbe& probe) const { return make_tcp_prober(event, probe, timeout); }
    Made operator()(const UnixProbe& probe) const { return make_unix_prober(event, probe, timeout); }
    Made operator()(const UnitProbe& probe) const { return make_unit_prober(event, probe, timeout, units); }
    Made operator()(const ExecProbe& probe) const {
        return make_exec_prober(event, probe, timeout, expansion);
    }
    Made operator()(const FileProbe& probe) const {
        return make_file_prober(event, probe, timeout, expansion);
    }
    Made operator()(const DnsProbe& probe) const { return make_dns_prober(event, probe, timeout); }
    Made operator()(const SwarmProbe& probe) const { return make_swarm_prober(event, probe, timeout); }
    Made operator()(const GrpcProbe& probe) const {
        return make_grpc_prober(event, probe, timeout, expansion, credentials);
    }
};

} // namespace

Result<std::unique_ptr<Prober>> make_prober(const Event& event, const Probe& probe, Duration timeout,
                                            const Expansion& expansion, const Credentials& credentials,
                                            std::shared_ptr<UnitWatch> units) {
    return std::visit(Maker{event, timeout, expansion, credentials, std::move(units)}, probe.check);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/probers.hpp"

#include <utility>

#include "gate/not_probe.hpp"
#include "gate/stopped_probe.hpp"
#include "gate/unit_probe.hpp"

namespace unitgate {

Result<Probers> make_probers(const Event& event, const GateSection& section, const Expansion& expansion,
                             const Credentials& credentials, const StoppedServers& stopped,
                             const BusTarget& manager) {
    Probers all;
    auto add = [&](std::string name, std::unique_ptr<Prober> prober, ProbeRole role) {
        all.names.push_back(std::move(name));
        all.probers.push_back(std::move(prober));
        all.roles.push_back(role);
    };
    auto units = std::make_shared<UnitWatch>(event, manager);
    for (const Probe& probe : section.probes) {
        auto prober = make_prober(event, probe, section.timeout, expansion, credentials, units);
        if (!prober) return fail_with("cannot use probe '" + probe.name + "'", prober.error());
        if (auto server = stopped.find(probe.name); server != stopped.end())
            prober = make_stopped_prober((*prober)->target(), server->second);
        if (probe.must_fail) prober = make_not_prober(*std::move(prober), not_of(probe));
        add(probe.name, *std::move(prober),
            probe.optional    ? ProbeRole::optional
            : probe.must_fail ? ProbeRole::always
                              : ProbeRole::counted);
    }
    if (!section.main_unit.empty())
        add("main-unit", make_life_prober(event, section.main_unit, section.timeout, units),
            ProbeRole::always);
    return all;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "app/gate_inputs.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "app/target.hpp"
#include "base/text.hpp"
#include "deploy/standing.hpp"
#include "deploy/state.hpp"
#include "gate/prober.hpp"
#include "spec/placeholders.hpp"
#include "systemd/unit_watch.hpp"

namespace unitgate {

namespace {

constexpr const char* how_to_give = "give it with '--as VERSION'";

Status use_version(GateInputs& inputs, const Spec& spec, const std::string& version, const char* from) {
    auto expansion = make_expansion(spec.version, version);
    if (!expansion) return tl::unexpected(expansion.error());
    inputs.expansion = *std::move(expansion);
    inputs.version_from = from;
    return {};
}

Status find_version(GateInputs& inputs, Event& event, const Spec& spec, const Invocation& invocation,
                    LookUpWanted look_up) {
    if (invocation.has("as")) return use_version(inputs, spec, invocation.value("as"), "given");
    const std::string folder = *state_folder_of(invocation, inputs.manager);
    if (auto state = StateStore(folder, spec.name).load(); state && state->last_good)
        return use_version(inputs, spec, state->last_good->version, "last good");
    const auto& probes = spec.gate.probes;
    const bool mentioned =
        std::any_of(probes.begin(), probes.end(), [](const Probe& probe) { return mentions_version(probe); });
    if (!mentioned && look_up == LookUpWanted::if_mentioned) return {};
    auto standings = find_standings(event, {&spec}, folder);
    if (!standings) return tl::unexpected(standings.error());
    inputs.unknown = standings->front().detail;
    if (standings->front().wanted.empty()) return {};
    auto used = use_version(inputs, spec, standings->front().wanted, "wanted");
    if (used || mentioned) return used;
    inputs.unknown = used.error().message; // no probe needs it
    return {};
}

// A credential in the unit's folder is for the unit alone: what a person can do is to bring their own.
std::string why_not(const Error& error) {
    std::string text = error.message;
    if ((error.code == EACCES || error.code == EPERM) && ::geteuid() != 0)
        text +=
            "; call it with 'sudo', or keep a copy in a folder of yours and set CREDENTIALS_DIRECTORY to it";
    return text;
}

} // namespace

Result<GateInputs> find_gate_inputs(Event& event, const Spec& spec, const Invocation& invocation,
                                    LookUpWanted look_up) {
    GateInputs inputs;
    inputs.manager.user = invocation.has("user");
    if (auto found = find_version(inputs, event, spec, invocation, look_up); !found)
        return tl::unexpected(found.error());
    for (const auto& [id, source] : spec.credentials) {
        auto value = read_credential(id, source);
        if (value) {
            inputs.credentials.emplace(id, *std::move(value));
            continue;
        }
        for (const Probe& probe : spec.gate.probes)
            if (mentions_credential(probe, id)) inputs.untried[probe.name] = why_not(value.error());
    }
    for (const Probe& probe : spec.gate.probes) {
        if (inputs.untried.contains(probe.name)) continue;
        if (inputs.version_from.empty() && mentions_version(probe)) {
            inputs.untried[probe.name] =
                "the version to compare with is not known: " + inputs.unknown + "; " + how_to_give;
            continue;
        }
        auto made = make_prober(event, probe, spec.gate.timeout, inputs.expansion, inputs.credentials,
                                std::make_shared<UnitWatch>(event, inputs.manager));
        if (!made) inputs.untried[probe.name] = made.error().message;
    }
    return inputs;
}

GateSection possible_probes(const Spec& spec, const GateInputs& inputs) {
    GateSection section = spec.gate;
    std::erase_if(section.probes, [&](const Probe& probe) { return inputs.untried.contains(probe.name); });
    return section;
}

} // namespace unitgate

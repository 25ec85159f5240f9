// SPDX-License-Identifier: MIT
// `unitgate prove NAME`: whether the gate fails where it should, against servers that are broken on purpose.
#include "gate/prove.hpp"
#include "app/gate_inputs.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "gate/evidence.hpp"
#include "gate/gate.hpp"
#include "report/proof_text.hpp"

namespace unitgate {

namespace {

// Where no version is known, any will do: the servers are made for it.
const Expansion made_up{"1.2.3", "1.2.3"};

// The answer of no other is of use, and nobody knows what a command or a POST does to the app.
bool may_ask(const Probe& probe) {
    const auto* http = std::get_if<HttpProbe>(&probe.check);
    return http && !probe.must_fail && changes_nothing(*http);
}

// What the app answers now to the probes that it passes: one try of each that may ask it, as `run` makes it.
Result<std::map<std::string, Answer>> ask_app(Event& event, const Spec& spec, const GateInputs& inputs) {
    std::map<std::string, Answer> found;
    GateSection section = possible_probes(spec, inputs);
    std::erase_if(section.probes, [](const Probe& probe) { return !may_ask(probe); });
    section.main_unit.clear(); // systemd is not asked either
    if (section.probes.empty()) return found;
    bool over = false;
    Gate::Callbacks callbacks;
    callbacks.done = [&](const GateReport& report) {
        over = true;
        for (const ProbeReport& probe : report.probes)
            for (const Probe& asked : section.probes) {
                const auto* http = std::get_if<HttpProbe>(&asked.check);
                const auto& evidence = probe.last.evidence;
                if (asked.name == probe.name && http && probe.last.passed() && evidence)
                    found[asked.name] = {probe.last.status, evidence->body,
                                         version_header_line(*http, inputs.expansion)};
            }
    };
    auto gate = Gate::create(event, section, section.timeout, inputs.expansion, inputs.credentials,
                             std::move(callbacks));
    if (!gate) return tl::unexpected(gate.error());
    (*gate)->inspect();
    (*gate)->try_once();
    if (auto ran = event.run_until([&] { return over; }); !ran) return tl::unexpected(ran.error());
    return found;
}

Result<std::vector<ProbeProof>> prove_all(Event& event, const Spec& spec, const GateInputs& inputs) {
    ProofInputs with{inputs.version_from.empty() ? made_up : inputs.expansion, {}};
    auto own = ask_app(event, spec, inputs);
    if (!own) return tl::unexpected(own.error());
    with.own = *std::move(own);
    std::vector<ProbeProof> proofs;
    for (const Probe& probe : spec.gate.probes) {
        auto proof = prove_probe(event, spec, probe, with);
        if (!proof) return tl::unexpected(proof.error());
        proofs.push_back(*std::move(proof));
    }
    return proofs;
}

} // namespace

int prove_verb(const Invocation& invocation) {
    const std::string& name = invocation.arguments.front();
    LoadedSpecs loaded = load_spec(invocation.specs, name);
    const Spec* spec = loaded.find(name);
    if (!spec) return failed(loaded.diagnostics);
    auto event = Event::create();
    if (!event) return failed(event.error());
    auto inputs = find_gate_inputs(*event, *spec, invocation, LookUpWanted::always);
    if (!inputs) return failed(inputs.error());
    auto proofs = prove_all(*event, *spec, *inputs);
    if (!proofs) return failed(proofs.error());

    ProofCount count = count_rows(*proofs);
    bool bad = count.holes > 0 || (invocation.has("strict") && count.advices > 0);
    int code = bad ? exit_failure : exit_success;
    bool known = !inputs->version_from.empty();
    const std::string version = known ? inputs->expansion.version : made_up.version;
    const std::string from = known ? inputs->version_from : "made up, as none is known";
    int printed = invocation.json
                      ? print(Json::object()
                                  .set("name", spec->name)
                                  .set("version", version)
                                  .set("version_from", known ? from : "made up")
                                  .set("holes", static_cast<std::int64_t>(count.holes))
                                  .set("advices", static_cast<std::int64_t>(count.advices))
                                  .set("held", static_cast<std::int64_t>(count.held))
                                  .set("not_shown", static_cast<std::int64_t>(count.not_shown))
                                  .set("probes", proof_json(*proofs))
                                  .dump(2) +
                              "\n")
                      : print_long(spec->name + " " + version + " (" + from + ")\n" + proof_text(*proofs),
                                   invocation.pager);
    return printed == exit_success ? code : printed;
}

} // namespace unitgate

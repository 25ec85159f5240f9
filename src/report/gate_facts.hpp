// SPDX-License-Identifier: MIT
// What a gate's report says about the probe that failed, in the shape of an event and of an alert. Pure.
#pragma once

#include <optional>
#include <vector>

#include "gate/gate.hpp"
#include "report/alert.hpp"
#include "report/events.hpp"

namespace unitgate {

// Fills in probe, cause, target, tries and elapsed: of the culprit, or, of a gate that passed, the most tries
// of a probe and the time it took.
void describe_gate(Occurrence& what, const GateReport& report);

// Fills in the same of one probe that has not passed.
void describe_probe(Occurrence& what, const ProbeReport& probe);

// Optional probes that do not pass.
std::vector<const ProbeReport*> warnings_of(const GateReport& report);

// The `probe` object of an alert; none when nothing was tried.
std::optional<AlertProbe> alert_probe(const GateReport& report);

// The `detail` of an alert: "probe 'api' of https://... still failed after 15min: status 502".
std::string gate_detail(const GateReport& report);

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate plan [NAME...]`: the order in waves, with the reason for each edge.
#include <map>

#include "app/offline_view.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "base/text.hpp"
#include "deploy/state.hpp"
#include "plan/order.hpp"
#include "report/plan_text.hpp"

namespace unitgate {

namespace {

// A state that can't be read leaves the order as it is: it is told, and its gate's time is not known.
std::map<std::string, Duration> gate_times(const std::string& state_folder, const std::vector<Spec>& specs) {
    std::map<std::string, Duration> took;
    for (const Spec& spec : specs) {
        auto state = StateStore(state_folder, spec.name).load();
        if (!state)
            print_error(state.error());
        else if (state->last_gate)
            took[spec.name] = state->last_gate->took;
    }
    return took;
}

} // namespace

int plan_verb(const Invocation& invocation) {
    const bool dot = invocation.has("dot"), svg = invocation.has("svg");
    if (dot + svg + invocation.json > 1) {
        print_error({"--json, --dot and --svg are three ways to show one plan", "give one of them", 0});
        return exit_usage;
    }
    OfflineView view = look_offline(invocation);
    Diagnostics wrong = view.specs.diagnostics;
    // What is wrong elsewhere does not make the plan of the named ones worse.
    bool incomplete = invocation.arguments.empty() && has_errors(wrong);
    Diagnostics unknown;
    std::vector<Spec> specs = select_specs(view, invocation.arguments, unknown);
    incomplete = incomplete || !unknown.empty();
    wrong.insert(wrong.end(), unknown.begin(), unknown.end());
    print_to_stderr(format_diagnostics(wrong));

    Order order = make_order(view.graph, specs, gate_times(state_folder_in_view(invocation), specs));
    int printed = exit_success;
    if (dot)
        printed = print(plan_dot(view.graph, order));
    else if (svg)
        printed = print(plan_svg(view.graph, order));
    else if (invocation.json)
        printed = print(plan_json(view.graph, order).dump(2) + "\n");
    else if (order.units.empty() && !incomplete)
        printed = print("no spec in '" + join(view.path.folders, "', '") + "'\n");
    else
        printed = print_long(plan_text(view.graph, order), invocation.pager);
    return incomplete || !order.in_cycle.empty() ? exit_failure : printed;
}

} // namespace unitgate

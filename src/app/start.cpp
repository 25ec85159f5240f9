// SPDX-License-Identifier: MIT
// `unitgate start [NAME...]`: verify, then start in order and follow each unit until it is up.
#include "app/start.hpp"

#include <algorithm>

#include "app/closing.hpp"
#include "app/diagnostics.hpp"
#include "app/follow.hpp"
#include "app/output.hpp"
#include "app/selection.hpp"
#include "app/target.hpp"
#include "deploy/standing.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

namespace {

// Units that were up before are left alone: whether they are on the wanted version, only their state tells.
// It is noted in the rows of those that are; the others are given.
struct Behind {
    std::string unit, text, next; // `next`: the command that mends it; may be empty
};
Result<std::vector<Behind>> judge_left_alone(Session& session, const Selection& selection, FollowEnd& end,
                                             const std::string& state_folder) {
    std::vector<const Spec*> specs;
    std::vector<JobRow*> rows;
    for (JobRow& row : end.rows)
        if (row.progress == Progress::left_alone)
            if (const Spec* spec = selection.spec_of(row.wish.unit)) {
                specs.push_back(spec);
                rows.push_back(&row);
            }
    auto standings = find_standings(session.event(), specs, state_folder);
    if (!standings) return tl::unexpected(standings.error());
    std::vector<Behind> behind;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const Standing& standing = (*standings)[i];
        rows[i]->is_current = standing.kind == Standing::Kind::current;
        if (rows[i]->is_current) continue;
        std::string options = target_options(session.manager().target());
        std::string next = standing.kind == Standing::Kind::held      ? "release "
                           : standing.kind == Standing::Kind::unknown ? "verify "
                                                                      : "reconcile" + options + " ";
        std::string text = standing.kind == Standing::Kind::unknown
                               ? "whether it is up to date is not known: "
                               : "is behind: ";
        behind.push_back({specs[i]->unit.name, text + standing.text(), "unitgate " + next + specs[i]->name});
    }
    return behind;
}

int dry_run(Session& session, const Selection& selection, const Invocation& invocation) {
    Json list = Json::array();
    std::string text;
    for (const Wish& wish : selection.wishes) {
        auto state = session.look(wish.unit);
        if (!state) return failed(state.error());
        bool up = state->is_up() && state->job == 0;
        text += wish.unit + (up ? ": is up already" : ": would start") + "\n";
        list.push(Json::object().set("unit", wish.unit).set("action", up ? "none" : "start"));
    }
    return print(invocation.json ? Json::object().set("units", list).dump(2) + "\n" : text);
}

int report(const FollowEnd& end, const std::vector<Behind>& behind, const Selection& selection,
           const Invocation& invocation, const BusTarget& target) {
    int code = end.interrupted ? exit_failure : start_code(end);
    if (code == exit_success && !behind.empty()) code = exit_not_wanted;
    if (invocation.json) {
        Json units = Json::array(), late = Json::array();
        for (const JobRow& row : end.rows)
            units.push(job_json(row));
        for (const auto& each : behind)
            late.push(Json::object().set("unit", each.unit).set("detail", each.text));
        Json all = Json::object()
                       .set("units", units)
                       .set("behind", late)
                       .set("problems", diagnostics_json(selection.problems))
                       .set("interrupted", end.interrupted);
        return std::max(code, print(all.dump(2) + "\n"));
    }
    std::string text;
    for (const auto& each : behind)
        text += each.unit + " is left alone and " + each.text + "\nnext: " + each.next + "\n";
    if (end.interrupted) text += "no longer following; jobs that were asked for go on\n";
    if (code != exit_success) text += closing_lines(end, target);
    print_to_stderr(text);
    return code;
}

int start(Session& session, const Selection& selection, const Invocation& invocation) {
    const BusTarget& target = session.manager().target();
    if (!invocation.json) print_to_stderr(format_diagnostics(selection.problems));
    if (has_errors(selection.problems) && !invocation.has("force")) {
        if (invocation.json)
            print(Json::object().set("problems", diagnostics_json(selection.problems)).dump(2) + "\n");
        print_error({"nothing is started: what is wrong above would not come up",
                     "mend it, or start all the same with 'unitgate start --force'", 0});
        return exit_failure;
    }
    if (invocation.has("dry-run")) return dry_run(session, selection, invocation);

    auto end = session.follow(selection.wishes, invocation.json);
    if (!end) return failed(end.error());
    std::vector<Behind> behind;
    if (auto folder = state_folder_of(invocation, target); folder && !end->interrupted) {
        auto found = judge_left_alone(session, selection, *end, *folder);
        if (!found) return failed(found.error());
        behind = std::move(*found);
    }
    return report(*end, behind, selection, invocation, target);
}

} // namespace

int start_verb(const Invocation& invocation) {
    return with_selection(invocation, Reach::pulled_in, [&](Session& session, const Selection& selection) {
        return start(session, selection, invocation);
    });
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate stop [NAME...]`: stop deploy units in reverse order. Their apps run on.
#include <algorithm>

#include "app/follow.hpp"
#include "app/output.hpp"
#include "app/selection.hpp"
#include "app/start.hpp"

namespace unitgate {

namespace {

int failed(const Error& error) {
    print_error(error);
    return exit_failure;
}

int dry_run(Session& session, const std::vector<Wish>& wishes, const Invocation& invocation) {
    Json list = Json::array();
    std::string text;
    for (const Wish& wish : wishes) {
        auto state = session.look(wish.unit);
        if (!state) return failed(state.error());
        bool down = state->is_down() && state->job == 0;
        text += (down ? "is not running: " : "would stop: ") + wish.unit + "\n";
        list.push(Json::object().set("unit", wish.unit).set("action", down ? "none" : "stop"));
    }
    return print(invocation.json ? Json::object().set("units", list).dump(2) + "\n" : text);
}

} // namespace

int stop_verb(const Invocation& invocation) {
    auto target = bus_target(invocation);
    if (!target) {
        print_error(target.error());
        return exit_usage;
    }
    auto session = Session::connect(*target);
    if (!session) return failed(session.error());
    // Only what is named: what it pulled in may serve others. What requires it, systemd stops with it.
    auto selection = select_units(**session, invocation, false);
    if (!selection) return failed(selection.error());

    std::vector<Wish> wishes(selection->wishes.rbegin(), selection->wishes.rend());
    for (Wish& wish : wishes) {
        wish.kind = JobKind::stop;
        wish.after.clear(); // a stop waits for those that are ordered after the unit
        wish.requires_.clear();
        for (const Wish& other : selection->wishes)
            if (std::find(other.after.begin(), other.after.end(), wish.unit) != other.after.end())
                wish.after.push_back(other.unit);
    }
    if (invocation.has("dry-run")) return dry_run(**session, wishes, invocation);
    auto end = (*session)->follow(std::move(wishes), invocation.json);
    if (!end) return failed(end.error());
    int code = end->interrupted || end->gone ? exit_failure : exit_success;
    Json units = Json::array();
    for (const JobRow& row : end->rows) {
        if (row.progress != Progress::stopped) code = exit_failure;
        units.push(job_json(row));
    }
    if (invocation.json)
        return std::max(
            code,
            print(Json::object().set("units", units).set("interrupted", end->interrupted).dump(2) + "\n"));
    if (end->interrupted) print_to_stderr("no longer following; the jobs go on\n");
    if (code != exit_success) print_to_stderr(next_commands(*end, *target));
    return code;
}

} // namespace unitgate

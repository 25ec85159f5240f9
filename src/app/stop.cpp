// SPDX-License-Identifier: MIT
// `unitgate stop [NAME...]`: stop deploy units in reverse order. Their apps run on.
#include <algorithm>

#include "app/closing.hpp"
#include "app/follow.hpp"
#include "app/output.hpp"
#include "app/selection.hpp"
#include "app/start.hpp"
#include "app/target.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

namespace {

bool is_idle(const UnitState& state) {
    return state.is_down() && state.job == 0;
}

// In reverse order, and of what systemd stops with them only what runs.
Result<std::vector<Wish>> stop_wishes(Session& session, const Selection& selection) {
    std::vector<Wish> wishes;
    for (auto wish = selection.wishes.rbegin(); wish != selection.wishes.rend(); ++wish) {
        if (!selection.named.contains(wish->unit)) {
            auto state = session.look(wish->unit);
            if (!state) return tl::unexpected(state.error());
            if (is_idle(*state)) continue;
        }
        wishes.push_back({wish->unit, JobKind::stop, {}, {}});
    }
    // A stop waits for those that are ordered after the unit.
    for (Wish& wish : wishes)
        for (const Wish& other : selection.wishes)
            if (std::find(other.after.begin(), other.after.end(), wish.unit) != other.after.end())
                wish.after.push_back(other.unit);
    return wishes;
}

int dry_run(Session& session, const std::vector<Wish>& wishes, const Selection& selection,
            const Invocation& invocation) {
    Json list = Json::array();
    std::string text;
    for (const Wish& wish : wishes) {
        auto state = session.look(wish.unit);
        if (!state) return failed(state.error());
        bool down = is_idle(*state), named = selection.named.contains(wish.unit);
        text += wish.unit +
                (down    ? ": is not running"
                 : named ? ": would stop"
                         : ": would stop too, it depends on one that stops") +
                "\n";
        list.push(Json::object().set("unit", wish.unit).set("action", down ? "none" : "stop"));
    }
    return print(invocation.json ? Json::object().set("units", list).dump(2) + "\n" : text);
}

int stop(Session& session, const Selection& selection, const Invocation& invocation) {
    auto wishes = stop_wishes(session, selection);
    if (!wishes) return failed(wishes.error());
    if (invocation.has("dry-run")) return dry_run(session, *wishes, selection, invocation);
    auto end = session.follow(std::move(*wishes), invocation.json);
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
    if (end->interrupted) print_to_stderr("no longer following; jobs that were asked for go on\n");
    if (code != exit_success) print_to_stderr(closing_lines(*end, session.manager().target()));
    return code;
}

} // namespace

// Not what it pulled in, which may serve others; what requires it, systemd stops with it.
int stop_verb(const Invocation& invocation) {
    return with_selection(invocation, Reach::taken_down, [&](Session& session, const Selection& selection) {
        return stop(session, selection, invocation);
    });
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate status [NAME...]`: how the deploy units of a host are, at a glance.
#include <algorithm>

#include "app/follow.hpp"
#include "app/generate.hpp"
#include "app/live_view.hpp"
#include "app/output.hpp"
#include "app/selection.hpp"
#include "app/target.hpp"
#include "app/verb.hpp"
#include "base/text.hpp"
#include "deploy/standing.hpp"
#include "deploy/state.hpp"
#include "report/status_table.hpp"
#include "spec/names.hpp"
#include "systemd/unit_files.hpp"
#include "systemd/unit_findings.hpp"

namespace unitgate {

namespace {

int code_of(Health health) {
    switch (health) {
    case Health::fine:
        return exit_success;
    case Health::waiting:
        return exit_not_wanted;
    case Health::trouble:
        break;
    }
    return exit_failure;
}

int show(const StatusReport& report, const Invocation& invocation) {
    return invocation.json ? print(status_json(report).dump(2) + "\n")
                           : print_long(status_table(report), invocation.pager);
}

StatusRow::State state_from(const UnitState& seen) {
    return {seen.load_state, seen.active_state, seen.sub_state, seen.status_text};
}

// Another host: its specs and its state are there. What its manager says is what can be known from here.
int status_elsewhere(Session& session, const Invocation& invocation) {
    auto selected = select_units(session, invocation, Reach::named);
    if (!selected) {
        print_error(selected.error());
        return exit_failure;
    }
    StatusReport report;
    for (const Wish& wish : selected->wishes) {
        auto seen = session.look(wish.unit);
        if (!seen) {
            print_error(seen.error());
            return exit_failure;
        }
        StatusRow& row = report.rows.emplace_back();
        row.unit = wish.unit;
        row.state = state_from(*seen);
    }
    int shown = show(report, invocation);
    return shown == exit_success ? code_of(health_of(report)) : shown;
}

// What stands in files: specs, state, alerts.
class Files {
  public:
    Files(const Invocation& invocation, UnitContext context, std::string state_folder)
        : folder_(std::move(state_folder)), context_(std::move(context)) {
        SpecPath path =
            invocation.specs; // as the generator reads them, for it writes their places into units
        if (!context_.spec_folders.empty()) path.folders = context_.spec_folders;
        loaded_ = load_specs(path);
        for (const Spec& spec : loaded_.specs)
            if (wants(invocation, spec.name)) add(spec.name, spec.app, spec.unit.name);
        for (const auto& broken : loaded_.broken) {
            if (!wants(invocation, broken.name)) continue;
            add(broken.name, broken.app.empty() ? broken.name : broken.app, broken.unit_name).bad_spec =
                why_bad(broken);
        }
        std::sort(report.rows.begin(), report.rows.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        add_alerts(invocation.arguments.empty());
    }

    // Runs version commands, and the loop meanwhile.
    void add_standings(Event& event) {
        std::vector<const Spec*> specs;
        std::vector<StatusRow*> rows;
        for (StatusRow& row : report.rows)
            if (const Spec* spec = loaded_.find(row.name); spec && row.memory) {
                specs.push_back(spec);
                rows.push_back(&row);
            }
        auto standings = find_standings(event, specs, folder_);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!standings)
                rows[i]->unknown.push_back(with_remedy(standings.error()));
            else if ((*standings)[i].kind == Standing::Kind::unknown)
                rows[i]->unknown.push_back((*standings)[i].detail);
            else
                rows[i]->standing = (*standings)[i];
        }
    }

    // The units in force against those that the specs make; `live` is what the manager has loaded.
    void add_stale(const LiveUnits* live) {
        bool expects_units = context_.spec_folders.empty() && is_booted();
        for (auto& one : find_unit_problems(loaded_.specs, {units_, context_, expects_units, live}))
            for (StatusRow& row : report.rows)
                if (!row.stale && one.code.starts_with("unit-") && one.units == std::vector{row.unit})
                    row.stale = one;
    }

    // What is wrong with no spec in particular, such as a folder that is not there.
    Diagnostics errors_of_none() const {
        Diagnostics found;
        for (const Diagnostic& one : loaded_.diagnostics)
            if (one.severity == Severity::error &&
                std::none_of(loaded_.broken.begin(), loaded_.broken.end(),
                             [&](const auto& broken) { return one.path.starts_with(broken.path); }))
                found.push_back(one);
        return found;
    }

    const LoadedSpecs& loaded() const { return loaded_; }
    const std::vector<Spec>& specs() const { return loaded_.specs; }

    StatusReport report;
    bool all_read = true; // no alert is hidden behind an error, and each NAME was found

  private:
    static bool wants(const Invocation& invocation, const std::string& name) {
        const auto& names = invocation.arguments;
        return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    }

    StatusRow& add(const std::string& name, const std::string& app, const std::string& unit) {
        StatusRow& row = report.rows.emplace_back();
        row.name = name;
        row.app = app;
        row.unit = unit;
        auto memory = StateStore(folder_, name).load();
        if (memory)
            row.memory = std::move(*memory);
        else
            row.unknown.push_back(with_remedy(memory.error()));
        return row;
    }

    std::string why_bad(const LoadedSpecs::Broken& broken) const {
        for (const Diagnostic& one : loaded_.diagnostics)
            if (one.severity == Severity::error && one.path.starts_with(broken.path)) return one_line(one);
        return "'" + broken.path + "' can't be used";
    }

    void add_alerts(bool with_strays) {
        report.passes = read_passes(folder_);
        auto box = read_alerts(folder_, false);
        if (!box) {
            print_error(box.error());
            all_read = report.alerts_known = false;
            return;
        }
        for (const Error& error : box->unreadable)
            print_error(error);
        all_read = box->unreadable.empty();
        for (auto& alert : box->alerts) {
            bool stray = true;
            for (StatusRow& row : report.rows)
                if (row.app == alert.text("app")) {
                    row.alerts.push_back(alert);
                    stray = false;
                }
            if (stray && with_strays) report.strays.push_back(std::move(alert));
        }
    }

    std::string folder_;
    UnitContext context_;
    UnitFiles units_{""};
    LoadedSpecs loaded_;
};

// What the manager says; where it says nothing, what lies on disk is looked at all the same.
void add_states(Files& files, Result<std::unique_ptr<Session>>& session) {
    std::optional<Error> unknown;
    std::optional<LiveUnits> live;
    if (!session) unknown = session.error();
    for (StatusRow& row : files.report.rows) {
        if (unknown) break;
        if (row.unit.empty()) continue; // another spec took the name
        if (auto seen = (*session)->look(row.unit))
            row.state = state_from(*seen);
        else
            unknown = seen.error();
    }
    if (!unknown) {
        if (auto units =
                read_live_units((*session)->event(), (*session)->manager(), files.specs(), {}, Extent::whole))
            live = std::move(*units);
        else
            unknown = units.error();
    }
    // A user's manager has units of its own, elsewhere.
    if (!session || !(*session)->manager().target().user) files.add_stale(live ? &*live : nullptr);
    if (unknown && !files.report.rows.empty()) {
        files.all_read = false;
        print_error(
            {"the states of the units are not known: " + unknown->message, unknown->remedy, unknown->code});
    }
}

int status_here(Result<std::unique_ptr<Session>> session, const BusTarget& target,
                const Invocation& invocation) {
    auto context = unit_context(invocation.spec_folders);
    if (!context) {
        print_error(context.error());
        return exit_failure;
    }
    const std::string state_folder = state_folder_of(invocation, target).value();
    Files files(invocation, std::move(*context), state_folder);
    files.report.options = target_options(target);
    files.report.journal = journal_command(target);
    if (target.user) files.report.state_option = " --state " + shell_word(state_folder);
    if (Diagnostics errors = files.errors_of_none(); !errors.empty()) {
        print_to_stderr(format_diagnostics(errors));
        files.all_read = false;
    }
    for (const auto& name : invocation.arguments)
        if (std::none_of(files.report.rows.begin(), files.report.rows.end(),
                         [&](const auto& row) { return row.name == name; })) {
            print_error(no_such_spec(name, files.loaded(), invocation.specs.folders));
            files.all_read = false;
        }
    add_states(files, session);
    if (session) {
        files.add_standings((*session)->event());
    } else if (auto event = Event::create()) {
        files.add_standings(*event);
    } else {
        print_error(event.error());
        files.all_read = false;
    }
    int code = files.all_read ? code_of(health_of(files.report)) : exit_failure;
    if (files.report.rows.empty() && files.report.strays.empty() && !invocation.json)
        return code == exit_success ? print("no spec in '" + join(invocation.specs.folders, "', '") + "'\n")
                                    : code; // what is wrong has been told, and there is no row to show
    int shown = show(files.report, invocation);
    return shown == exit_success ? code : shown;
}

} // namespace

int status_verb(const Invocation& invocation) {
    auto target = bus_target(invocation);
    if (!target) {
        print_error(target.error());
        return exit_usage;
    }
    auto session = Session::connect(*target);
    if (target->where == BusTarget::Where::local) return status_here(std::move(session), *target, invocation);
    if (session) return status_elsewhere(**session, invocation);
    print_error(session.error());
    return exit_failure;
}

} // namespace unitgate

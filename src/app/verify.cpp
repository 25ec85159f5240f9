// SPDX-License-Identifier: MIT
// `unitgate verify [NAME...]`: everything that is known to be wrong with the specs, before it goes wrong.
#include <algorithm>
#include <set>

#include "app/diagnostics.hpp"
#include "app/generate.hpp"
#include "app/live_view.hpp"
#include "app/offline_view.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "deploy/checkouts.hpp"
#include "deploy/edited.hpp"
#include "deploy/programs.hpp"
#include "plan/findings.hpp"
#include "plan/spec_findings.hpp"
#include "systemd/unit_findings.hpp"

namespace unitgate {

namespace {

void append(Diagnostics& to, Diagnostics from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

bool same(const Diagnostic& a, const Diagnostic& b) {
    return a.path == b.path && a.line == b.line && a.column == b.column && a.code == b.code &&
           a.cause == b.cause;
}

Diagnostic not_checked(const std::string& what, const Error& error) {
    return finding({}, "not-checked", what + ": " + error.message, error.remedy);
}

// The specs and units of one host, looked at together.
class Look {
  public:
    Look(const Invocation& invocation, const OfflineView& view, UnitContext context)
        : view_(view), specs_(view.specs.specs), own_specs_(invocation.spec_folders.empty()),
          is_image_(!view.files.root().empty()), here_(!invocation.has("root") && is_booted()),
          state_folder_(state_folder_in_view(invocation)), context_(std::move(context)) {}

    Diagnostics find() {
        Diagnostics found = find_spec_problems(specs_);
        if (here_) ask(found);
        // A manager that has not loaded what is on disk knows another order than the next reload makes.
        bool is_current = live_.has_value() && own_specs_;
        Diagnostics of_units = find_units();
        for (const auto& one : of_units)
            is_current = is_current && one.code != "unit-stale";
        if (live_)
            for (const auto& [name, unit] : *live_)
                is_current = is_current && !unit.needs_reload;
        Graph live_graph;
        if (is_current) {
            live_graph = make_live_graph(*live_, specs_);
            live_graph.take_origins(view_.graph);
        }
        const Graph& graph = is_current ? live_graph : view_.graph;
        append(found, find_problems(graph, specs_, own_specs_));
        append(found, std::move(of_units));
        append(found, find_edited_deploys(specs_, state_folder_));
        if (own_specs_ && !is_image_) append(found, find_missing_programs(specs_));
        if (here_) append(found, find_listener_problems(graph, specs_, who_listens(specs_)));
        if (!is_image_) look_at_checkouts(found);
        return found;
    }

  private:
    void ask(Diagnostics& found) {
        auto event = Event::create();
        auto units = event ? ask_manager(*event, specs_) : tl::unexpected(event.error());
        if (units)
            live_ = std::move(*units);
        else
            found.push_back(not_checked("the units that are loaded were not looked at", units.error()));
    }

    void look_at_checkouts(Diagnostics& found) {
        auto stale = find_stale_checkouts(specs_);
        if (stale)
            append(found, std::move(*stale));
        else
            found.push_back(not_checked("the checkouts were not looked at", stale.error()));
    }

    Diagnostics find_units() const {
        return find_unit_problems(specs_, {view_.files, context_, own_specs_ && !is_image_ && is_booted(),
                                           live_ ? &*live_ : nullptr});
    }

    const OfflineView& view_;
    const std::vector<Spec>& specs_;
    bool own_specs_; // those of the usual folders: the host's own, or the image's
    bool is_image_;
    bool here_; // this host is up and may be asked
    std::string state_folder_;
    UnitContext context_;
    std::optional<LiveUnits> live_;
};

// What concerns the specs that were asked for, and what concerns none in particular.
void keep_named(Diagnostics& found, const std::vector<std::string>& names, const LoadedSpecs& specs) {
    std::set<std::string> paths, units;
    for (const auto& name : names)
        if (const Spec* spec = specs.find(name)) {
            units.insert(spec->unit.name);
            for (const auto& source : spec->sources)
                paths.insert(source->path);
        }
    std::erase_if(found, [&](const Diagnostic& one) {
        if (one.units.empty()) return !one.path.empty() && !paths.contains(one.path);
        return std::none_of(one.units.begin(), one.units.end(),
                            [&](const auto& unit) { return units.contains(unit); });
    });
}

struct Findings {
    Diagnostics diagnostics;
    std::size_t specs = 0; // looked at, good and bad
    std::vector<std::string> folders;
};

Findings look(const Invocation& invocation, UnitContext context) {
    OfflineView view = look_offline(invocation);
    Findings found{view.specs.diagnostics, view.specs.specs.size() + view.specs.broken.size(),
                   view.path.folders};
    Diagnostics together = Look(invocation, view, std::move(context)).find();
    if (!invocation.arguments.empty()) {
        found.diagnostics.clear();
        found.specs = 0;
        for (const std::string& name : invocation.arguments) {
            LoadedSpecs one = load_spec(view.path, name);
            found.specs += one.specs.size() + one.broken.size();
            // Those of the settings come with each spec.
            std::erase_if(one.diagnostics, [&](const Diagnostic& again) {
                return std::any_of(found.diagnostics.begin(), found.diagnostics.end(),
                                   [&](const Diagnostic& known) { return same(known, again); });
            });
            append(found.diagnostics, std::move(one.diagnostics));
        }
        keep_named(together, invocation.arguments, view.specs);
    }
    append(found.diagnostics, std::move(together));
    return found;
}

std::string counted(std::size_t number, std::string_view what) {
    return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

std::string summary(const Findings& found, std::size_t errors) {
    std::size_t warnings = found.diagnostics.size() - errors;
    std::string of_warnings = warnings ? counted(warnings, "warning") : "";
    if (errors)
        return counted(errors, "error") + (warnings ? ", " + of_warnings : "") + " in " +
               counted(found.specs, "spec");
    if (found.specs == 0) return "no spec in '" + join(found.folders, "', '") + "'";
    return counted(found.specs, "spec") + " good" + (warnings ? ", " + of_warnings : "");
}

} // namespace

int verify_verb(const Invocation& invocation) {
    auto context = unit_context(invocation.spec_folders);
    if (!context) return failed(context.error());
    Findings found = look(invocation, *std::move(context));
    auto errors = static_cast<std::size_t>(
        std::count_if(found.diagnostics.begin(), found.diagnostics.end(),
                      [](const auto& one) { return one.severity == Severity::error; }));
    bool bad = errors > 0 || (invocation.has("strict") && !found.diagnostics.empty());
    int code = bad ? exit_failure : exit_success;
    if (invocation.json) return std::max(code, print(diagnostics_json(found.diagnostics).dump(2) + "\n"));
    std::string text = format_diagnostics(found.diagnostics) + summary(found, errors) + "\n";
    return std::max(code, print_long(text, invocation.pager));
}

} // namespace unitgate

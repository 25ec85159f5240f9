// SPDX-License-Identifier: MIT
// `unitgate verify [NAME...]`: everything that is known to be wrong with the specs, before it goes wrong.
#include <algorithm>

#include "app/diagnostics.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "base/text.hpp"
#include "plan/findings.hpp"
#include "systemd/offline_graph.hpp"

namespace unitgate {

namespace {

bool same(const Diagnostic& a, const Diagnostic& b) {
    return a.path == b.path && a.line == b.line && a.column == b.column && a.code == b.code &&
           a.cause == b.cause;
}

void add_new(Diagnostics& to, const Diagnostics& from) {
    for (const Diagnostic& one : from)
        if (std::none_of(to.begin(), to.end(), [&](const Diagnostic& other) { return same(one, other); }))
            to.push_back(one);
}

struct Findings {
    Diagnostics diagnostics;
    std::size_t specs = 0; // looked at, good and bad
};

// What only shows when all specs and the units of this host are looked at together.
Diagnostics of_the_order(const Invocation& invocation, const LoadedSpecs& all) {
    Graph graph = read_offline_graph(UnitFiles(""), all.specs);
    Diagnostics found = find_problems(graph, all.specs, false);
    if (invocation.arguments.empty()) return found;
    std::erase_if(found, [&](const Diagnostic& one) {
        return std::none_of(invocation.arguments.begin(), invocation.arguments.end(), [&](const auto& name) {
            const Spec* spec = all.find(name);
            return spec && spec->path == one.path;
        });
    });
    return found;
}

Findings look(const Invocation& invocation) {
    Findings found;
    LoadedSpecs all = load_specs(invocation.specs);
    if (invocation.arguments.empty()) {
        found = {all.diagnostics, all.specs.size() + all.broken.size()};
    } else {
        for (const std::string& name : invocation.arguments) {
            LoadedSpecs one = load_spec(invocation.specs, name);
            found.specs += one.specs.size() + one.broken.size();
            add_new(found.diagnostics, one.diagnostics); // those of the settings come with each spec
        }
    }
    add_new(found.diagnostics, of_the_order(invocation, all));
    return found;
}

std::string counted(std::size_t number, std::string_view what) {
    return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

} // namespace

int verify_verb(const Invocation& invocation) {
    Findings found = look(invocation);
    int code = found.diagnostics.empty() ? exit_success : exit_failure;
    if (invocation.json) return std::max(code, print(diagnostics_json(found.diagnostics).dump(2) + "\n"));
    std::string text = format_diagnostics(found.diagnostics);
    if (code == exit_failure)
        text += counted(found.diagnostics.size(), "finding") + " in " + counted(found.specs, "spec") + "\n";
    else if (found.specs == 0)
        text += "no spec in '" + join(invocation.specs.folders, "', '") + "'\n";
    else
        text += counted(found.specs, "spec") + " good\n";
    return std::max(code, print_long(text, invocation.pager));
}

} // namespace unitgate

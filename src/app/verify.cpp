// SPDX-License-Identifier: MIT
// `unitgate verify [NAME...]`: everything that is known to be wrong with the specs, before it goes wrong.
#include <algorithm>

#include "app/diagnostics.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "base/text.hpp"

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

Findings look(const Invocation& invocation) {
    Findings found;
    if (invocation.arguments.empty()) {
        LoadedSpecs all = load_specs(invocation.specs);
        return {std::move(all.diagnostics), all.specs.size() + all.broken.size()};
    }
    for (const std::string& name : invocation.arguments) {
        LoadedSpecs one = load_spec(invocation.specs, name);
        found.specs += one.specs.size() + one.broken.size();
        add_new(found.diagnostics, one.diagnostics); // those of the settings come with each spec
    }
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

// SPDX-License-Identifier: MIT
// Specs and unit files of this host, or of an image under --root, as the verbs plan and verify look at them:
// without asking a manager, and as any user who can read them.
#pragma once

#include <string>
#include <vector>

#include "app/verb.hpp"
#include "base/diagnostic.hpp"
#include "plan/graph.hpp"
#include "spec/load.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

struct OfflineView {
    LoadedSpecs specs;
    UnitFiles files;
    Graph graph;
    SpecPath path; // where specs were looked for
};

// With --root the usual folders are looked for below it, and who may write there is not asked: nothing of it
// is run. Folders given with --specs are those of this host all the same.
OfflineView look_offline(const Invocation& invocation);

// --state, else the usual folder, which is looked for in the image too.
std::string state_folder_in_view(const Invocation& invocation);

// The specs named and all that they wait for, by name; a name without a good spec gives a diagnostic. No
// name: all.
std::vector<Spec> select_specs(const OfflineView& view, const std::vector<std::string>& names,
                               Diagnostics& unknown);

} // namespace unitgate

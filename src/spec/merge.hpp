// SPDX-License-Identifier: MIT
// Lays a drop-in over a spec: tables merge, scalars and lists replace, and a [[gate.probe]] is appended
// unless its name is taken, then it replaces. Called by spec/load; knows no files.
#pragma once

#include "spec/toml.hpp"

namespace unitgate {

// Names each [[gate.probe]] without a name "probe-1", "probe-2", ... by its position in NAME.toml, so that a
// drop-in can replace it by that name. Before the first merge.
void name_probes(Node& root);

void merge(Node& base, Node&& over);

} // namespace unitgate

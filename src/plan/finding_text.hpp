// SPDX-License-Identifier: MIT
// Small words that all findings about a graph are made of. Internal to the finders in plan and systemd.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "plan/graph.hpp"
#include "spec/model.hpp"

namespace unitgate {

using SpecsByUnit = std::map<std::string_view, const Spec*>;

// " (specs/site.toml:3: after = deploy-proxy.service)"; empty where nothing is known.
inline std::string in_parentheses(const Origin& origin) {
    std::string text = origin.text();
    return text.empty() ? "" : " (" + text + ")";
}

// The spec as a whole, for what no single key of it is to blame for.
inline Place place_of(const Spec& spec) {
    return spec.sources.empty() ? Place{} : Place{spec.sources.front().get(), 0, 0, 1};
}

} // namespace unitgate

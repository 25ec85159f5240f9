// SPDX-License-Identifier: MIT
// Which probes have to pass so that all of a gate counts as passed. Pure; used by the gate's rule and by the
// watch of an active app.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace unitgate {

enum class ProbeRole {
    counted,  // all of these must pass, or with `any` one of them
    always,   // must pass, with `any` too
    optional, // warns only
};

// The ways in which a gate can pass: sets of probes, each of which is enough. Without `any` there is one;
// with it one for each counted probe. A probe that is in every way is needed, an optional one is in none.
class Ways {
  public:
    Ways(const std::vector<ProbeRole>& roles, bool any);
    const std::vector<std::vector<std::size_t>>& all() const { return all_; }

    // Whether one of the ways has nothing but probes of which `holds` is true.
    template <class F>
    bool one_has_all(F holds) const {
        return std::any_of(all_.begin(), all_.end(),
                           [&](const auto& way) { return std::all_of(way.begin(), way.end(), holds); });
    }
    // Whether each way has a probe of which `lost` is true: then none is left.
    template <class F>
    bool each_has_one(F lost) const {
        return std::all_of(all_.begin(), all_.end(),
                           [&](const auto& way) { return std::any_of(way.begin(), way.end(), lost); });
    }

  private:
    std::vector<std::vector<std::size_t>> all_;
};

} // namespace unitgate

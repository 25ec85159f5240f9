// SPDX-License-Identifier: MIT
#include "gate/roles.hpp"

namespace unitgate {

Ways::Ways(const std::vector<ProbeRole>& roles, bool any) {
    std::vector<std::size_t> needed, one_of;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        if (roles[i] == ProbeRole::always) needed.push_back(i);
        if (roles[i] == ProbeRole::counted) (any ? one_of : needed).push_back(i);
    }
    if (one_of.empty()) all_.push_back(needed);
    for (std::size_t one : one_of) {
        all_.push_back(needed);
        all_.back().push_back(one);
    }
}

} // namespace unitgate

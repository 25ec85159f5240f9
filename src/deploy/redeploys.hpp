// SPDX-License-Identifier: MIT
// How often a watched app is deployed again by itself ([watch] action = "redeploy"). An app that comes up and
// falls over again must not be deployed for ever: after the last of these a person has to look. Pure.
#pragma once

#include <vector>

#include "base/time.hpp"

namespace unitgate {

class Redeploys {
  public:
    static constexpr std::size_t most = 3;
    static constexpr Duration within = std::chrono::hours(24);

    // Whether one more may begin at `now`; it is then counted.
    bool may_begin(Instant now) {
        std::erase_if(begun_, [&](Instant at) { return now - at >= within; });
        if (begun_.size() >= most) return false;
        begun_.push_back(now);
        return true;
    }

  private:
    std::vector<Instant> begun_;
};

} // namespace unitgate

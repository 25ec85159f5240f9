// SPDX-License-Identifier: MIT
// Which units a manager is to be asked about, so that what it says of them leads to the same findings as
// the whole graph would. Pure; systemd/live_graph asks.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spec/model.hpp"
#include "systemd/live_unit.hpp"

namespace unitgate {

// Where an answer leads on to.
enum class Extent {
    // To everything that the first ones are ordered after or pull in.
    whole,
    // To what waits for a unit with a gate, and to what pulls that in: each circle through a gate is made of
    // such units, and so is each way on which the boot comes to start one. A host's early boot, some hundred
    // units, is left out. A unit is named by what it is ordered after only while it is loaded, so that
    // what the boot needs must be kept loaded first.
    what_waits,
};

// The names that the walk begins from: the specs' units, all that their specs name, and the boot.
std::set<std::string> roots_of(std::span<const Spec> specs);

class LiveWalk {
  public:
    // `more` are further units that may have a gate.
    LiveWalk(std::span<const Spec> specs, const std::vector<std::string>& more, Extent extent);

    // What is to be asked about next; no name comes twice, nor any of a unit that has answered.
    std::vector<std::string> take_names() { return std::exchange(next_, {}); }
    // The answer to `name`.
    void take(const std::string& name, const LiveUnit& unit);

  private:
    enum class Mark { waits, is_needed };
    void ask(const std::string& name);
    void reach(const std::string& name, Mark mark);

    Extent extent_;
    std::set<std::string> asked_; // by all names that are known
    std::vector<std::string> next_;
    std::set<std::string> waits_, is_needed_; // what is loaded with these is to be looked at
    struct Back {
        std::vector<std::string> later, needed_by;
    };
    std::map<std::string, Back> answers_; // by all names
};

} // namespace unitgate

// SPDX-License-Identifier: MIT
// The states of a few units, as the manager's signals tell them. Owns one connection, made at the first
// question and made anew after it was lost for good. What is not known at this moment is not answered from
// memory: a lost connection makes every unit unknown until it has been read again. Called by gate/unit_probe;
// judges nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "io/event.hpp"
#include "systemd/manager.hpp"
#include "systemd/unit_state.hpp"

namespace unitgate {

class UnitWatch {
  public:
    // `event` must outlive it.
    explicit UnitWatch(const Event& event, BusTarget manager = own_bus())
        : event_(event), target_(std::move(manager)) {}

    // Called from the loop, maybe in the middle of a callback of the connection, whenever what is known of a
    // unit may have become another; not after its owner has dropped it. It must not destroy the watch.
    using Told = std::function<void()>;
    void follow(const std::string& unit, std::weak_ptr<const Told> told);

    // Connects where there is no connection and none is coming. Not from within `Told`.
    void connect();
    // nullptr: not known now.
    const UnitState* state(const std::string& unit) const;
    // Why nothing is known; nullptr: nothing is wrong, it is being read.
    const Error* trouble() const { return trouble_.message.empty() ? nullptr : &trouble_; }

  private:
    struct Followed {
        UnitState state;
        bool known = false;
        std::vector<std::weak_ptr<const Told>> listeners;
    };
    void forget(Error why);
    static void tell(const Followed& one);

    const Event& event_;
    BusTarget target_;
    std::map<std::string, Followed> units_;
    std::unique_ptr<Manager> manager_;
    bool gone_ = false; // `manager_` will call no more
    Error trouble_;
};

} // namespace unitgate

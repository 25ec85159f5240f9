// SPDX-License-Identifier: MIT
#include "systemd/unit_watch.hpp"

#include <utility>

namespace unitgate {

void UnitWatch::follow(const std::string& unit, std::weak_ptr<const Told> told) {
    units_[unit].listeners.push_back(std::move(told));
    if (manager_ && !gone_) manager_->follow(unit);
}

const UnitState* UnitWatch::state(const std::string& unit) const {
    auto at = units_.find(unit);
    return at != units_.end() && at->second.known ? &at->second.state : nullptr;
}

void UnitWatch::connect() {
    if (manager_ && !gone_) return;
    ManagerEvents events;
    events.up = [this] { trouble_ = {}; };
    events.lost = [this] { forget({"the connection to systemd was lost", {}, 0}); };
    events.gone = [this](const Error& why) {
        gone_ = true;
        forget(why);
    };
    events.unit = [this](const std::string& unit, const UnitState& state, bool) {
        Followed& one = units_[unit];
        one.state = state;
        one.known = true;
        tell(one);
    };
    gone_ = false;
    trouble_ = {};
    manager_ = std::make_unique<Manager>(event_, target_, std::move(events));
    for (const auto& each : units_)
        manager_->follow(each.first);
    if (Status connected = manager_->connect(); !connected) {
        gone_ = true;
        trouble_ = connected.error();
    }
}

void UnitWatch::forget(Error why) {
    trouble_ = std::move(why);
    for (auto& [unit, one] : units_) {
        one.known = false;
        tell(one);
    }
}

void UnitWatch::tell(const Followed& one) {
    for (const auto& listener : one.listeners)
        if (auto told = listener.lock()) (*told)();
}

} // namespace unitgate

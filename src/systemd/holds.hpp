// SPDX-License-Identifier: MIT
// Keeps units and all that they need loaded (RefUnit): a unit that nothing needs is else unloaded after each
// question, and read from disk anew at the next. The manager ties a hold to a name on the bus and takes none
// over its private socket: where it is asked over that, this has a bus connection of its own, which may come
// and go; what is held is held anew each time. Where holds are refused the rest has to do. Used by
// systemd/manager.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "io/event.hpp"
#include "systemd/manager_connection.hpp"

namespace unitgate {

class Holds {
  public:
    // How long anybody waits for answers about holds: where they are refused or don't come, a unit that does
    // not start for a condition may be unloaded before it tells so.
    static constexpr Duration patience = std::chrono::seconds(1);

    Holds(const Event& event, BusTarget target, ManagerConnection& shared);
    Holds(const Holds&) = delete;

    // From now on over a connection of its own, which it begins to make.
    void use_own_connection();
    // From now on over the shared one. Nothing is held yet: it was just made.
    void use_shared_connection();

    void hold(const std::string& unit);
    // Something that is held needs this one: it is kept without being held itself.
    void count(const std::string& unit) { held_.insert(unit); }

    // `done` comes once, from the loop: when each hold was answered, or will not be for a while.
    void when_answered(std::function<void()> done);
    // What is asked of the manager now may overtake the holds, which go another way.
    bool may_be_overtaken() const { return is_own_ && !silent_ && (open_ > 0 || !done_.empty()); }
    // Everything that was asked for is kept, by all that is known.
    bool are_kept() const { return kept_ && open_ == 0 && !again_; }

  private:
    ManagerConnection& connection() { return is_own_ ? own_ : shared_; }
    void open();
    void try_again();
    void ask(const std::string& unit);
    void ask_all();
    void answered();
    void forget_open();

    const Event& event_;
    BusTarget target_;
    ManagerConnection& shared_;
    ManagerConnection own_;
    bool is_own_ = false;
    std::set<std::string> held_, asked_; // kept one way or the other; by a hold of its own
    std::size_t open_ = 0;               // holds of this round that were not answered yet
    std::size_t round_ = 0;              // goes on where answers are waited for no longer
    bool kept_ = true;                   // no hold was refused
    bool silent_ = false;                // nothing was answered in all that time: nobody waits for it again
    Duration pause_{0};
    Source again_, patience_, soon_;
    std::vector<std::function<void()>> done_;
};

} // namespace unitgate

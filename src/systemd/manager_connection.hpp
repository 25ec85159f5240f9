// SPDX-License-Identifier: MIT
// One connection to a service manager, over a bus or over the manager's private socket: the calls on it, no
// more at once than a bus lets wait. Used by systemd/manager and systemd/holds, which know what to call and
// when to make it anew. Never reconnects by itself.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"

namespace unitgate {

// How a local manager is reached. Over its private socket it sends each signal to each peer, asked for or
// not: good for a command that follows all of its units, and a waste for what only asks or waits for long.
enum class Road {
    bus,
    direct, // its private socket where it takes this user, as systemctl(1) does; else the bus
};

// Where the manager would take this user's direct connections: root's, or those of the manager's own user.
// Empty: nowhere.
std::string private_socket(const BusTarget& target);

class ManagerConnection {
  public:
    explicit ManagerConnection(const Event& event) : event_(event) {}
    ManagerConnection(const ManagerConnection&) = delete;

    // Each begins to connect, in place of what was connected before: its matches are gone.
    Status open_bus(const BusTarget& target);
    Status open_direct(const std::string& socket);
    bool is_open() const { return open_; }
    bool is_direct() const { return direct_; }
    // It has ended, or is as good as dead: what is under way fails, and each call from now on fails at once.
    void give_up();
    // As if it had never been opened.
    void close();

    // `done` comes once: with the answer, or an error, which is_gone() where there is no connection. Not at
    // all for what is under way when this is closed.
    void call(BusCall call, Bus::Done done);
    Status match(const BusSignal& signal, std::function<void(BusReader)> callback);
    Status on_end(std::function<void()> callback); // not after give_up() or close()

  private:
    Status take(Result<Bus> bus);
    Status keep(Result<BusSlot> slot);
    void send(const BusCall& call, Bus::Done done);
    void send_waiting();

    const Event& event_;
    std::optional<Bus> bus_;
    std::vector<BusSlot> signals_;
    std::vector<std::shared_ptr<Bus::Done>> in_flight_; // in order
    std::deque<std::pair<BusCall, Bus::Done>> waiting_; // in order, until there is room
    bool open_ = false, direct_ = false;
};

} // namespace unitgate

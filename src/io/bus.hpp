// SPDX-License-Identifier: MIT
// A D-Bus connection behind owner types (sd-bus(3)), attached to our loop: calls and matches are
// asynchronous, with std::function callbacks. Knows no service; systemd/manager does. Never reconnects: a
// connection that has ended stays so. An exception in a callback ends the loop with an error instead of
// unwinding through C.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/bus_message.hpp"
#include "io/event.hpp"

struct sd_bus;
struct sd_bus_slot;

namespace unitgate {

// Which bus, as systemctl(1) has it: the system's, --user, -H HOST (through ssh), -M MACHINE, or both of the
// last two with --user.
struct BusTarget {
    enum class Where { local, host, machine } where = Where::local;
    bool user = false;
    std::string name;         // of host or machine
    std::string text() const; // " on host 'web1'", for messages; empty for the local system
    bool is_local_system() const { return where == Where::local && !user; }
};

// Of the service manager that executed this very process ($SYSTEMD_EXEC_PID and, of a user's, $MANAGERPID,
// systemd.exec(5)); else the system's.
BusTarget own_bus();

struct BusError {
    std::string name; // "org.freedesktop.DBus.Error.AccessDenied"
    std::string text; // what the other side says; may be empty
    int code = 0;     // the errno that sd-bus makes of it

    bool is_denied() const; // by polkit, by the bus's own policy or by the service
    bool is_gone() const;   // no answer because the bus, the connection or the service is not there
    Error as_error(std::string_view attempt) const;
};

template <class T>
using BusResult = tl::expected<T, BusError>;

// A pending call or a match; it is cancelled when this goes. May be destroyed in its own callback.
class BusSlot {
  public:
    BusSlot() = default;
    explicit operator bool() const { return slot_ != nullptr; }
    void reset() { slot_.reset(); }
    // From here on it lives until the reply has come or the bus goes.
    void detach();

  private:
    struct Free {
        void operator()(sd_bus_slot* slot) const;
    };
    std::unique_ptr<sd_bus_slot, Free> slot_;
    friend class Bus;
};

struct BusCall {
    std::string destination, path, interface, member;
    std::vector<std::string> arguments{}; // all of type s
    Duration timeout{0};                  // 0: sd-bus's own, 25 s
};

struct BusSignal {
    std::string sender, path, interface, member;
    std::string first_argument{}; // empty: any
    bool below = false;           // from every object below `path`
};

class Bus {
  public:
    // Begins to connect; what is called meanwhile is queued. Fails at once where there is no such socket.
    static Result<Bus> open(const Event& event, const BusTarget& target);
    // To a peer that listens on this Unix socket itself, with no bus between: there are no names there to
    // own, to match on or to wait for. Fails at once where nobody listens, where too many wait already, and
    // where the peer runs neither as root nor as this user.
    static Result<Bus> open_peer(const Event& event, const std::string& socket);

    // `done` comes once, from the loop, with the reply, the error, or, when the connection ends first, with
    // an error that is_gone().
    using Done = std::function<void(BusResult<BusReader>)>;
    Result<BusSlot> call(const BusCall& call, Done done);

    // Signals from now on (the match is asked for asynchronously and in order with later calls).
    Result<BusSlot> match(const BusSignal& signal, std::function<void(BusReader)> callback);

    // Once, when the connection has ended.
    Result<BusSlot> on_disconnect(std::function<void()> callback);

  private:
    struct Free {
        void operator()(sd_bus* bus) const;
    };
    static Result<Bus> attach(const Event& event, sd_bus* raw, int r, const std::string& attempt);
    std::unique_ptr<sd_bus, Free> bus_;
};

// "/org/freedesktop/systemd1/unit" and "deploy-proxy.service" -> ".../unit/deploy_2dproxy_2eservice"
std::string bus_path(const std::string& prefix, const std::string& name);
// The name back; empty where `path` is not below `prefix`.
std::string bus_path_name(const std::string& prefix, const std::string& path);

} // namespace unitgate

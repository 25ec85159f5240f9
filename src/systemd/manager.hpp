// SPDX-License-Identifier: MIT
// The service manager over D-Bus (org.freedesktop.systemd1(5)), on a bus or over its private socket:
// subscribes, follows units and jobs, and asks for jobs. Owns the connection and brings it back: after a
// daemon-reload, a daemon-reexec or a restart of the bus it connects and subscribes again and reads
// everything that is followed anew, so that nothing that happened meanwhile is missed; a manager that stays
// away is reported, never waited for in silence. Decides nothing about units; see systemd/jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"
#include "systemd/holds.hpp"
#include "systemd/manager_connection.hpp"
#include "systemd/unit_state.hpp"

namespace unitgate {

inline constexpr char manager_service[] = "org.freedesktop.systemd1";
inline constexpr char manager_path[] = "/org/freedesktop/systemd1";
inline constexpr char manager_interface[] = "org.freedesktop.systemd1.Manager";
inline constexpr char unit_prefix[] = "/org/freedesktop/systemd1/unit";
inline constexpr char unit_interface[] = "org.freedesktop.systemd1.Unit";
inline constexpr char properties_interface[] = "org.freedesktop.DBus.Properties";
inline constexpr char service_interface[] = "org.freedesktop.systemd1.Service";

// A queued job, as GetAfter of a job lists those that wait for it.
struct JobInfo {
    std::uint32_t id = 0;
    std::string unit, type, state; // "start", "waiting" or "running"
};

enum class JobKind { start, stop, reload };
// `alone`: without what the unit depends on, and without waiting for it.
enum class JobMode { replace, alone };
std::string_view job_word(JobKind kind); // "start", "stop", "reload"

// Callbacks, all from the loop. Each may be empty; with neither `unit` nor `job_removed` the manager is only
// there to be asked, and no signal of it costs anything.
struct ManagerEvents {
    std::function<void()> up;   // subscribed, for the first time or again; what is followed is being read
    std::function<void()> lost; // what happens from now on may be missed until `up`
    std::function<void(const Error&)> gone; // it did not come back; the last call of all
    // `whole`: all of it was asked for after whatever made the last call of read() or `up`; else a change.
    std::function<void(const std::string& unit, const UnitState& state, bool whole)> unit;
    std::function<void(std::uint32_t id, const std::string& unit, const std::string& result)> job_removed;
};

class Manager {
  public:
    // How long a manager that answered once may stay away.
    static constexpr Duration patience = std::chrono::seconds(30);

    Manager(const Event& event, BusTarget target, ManagerEvents events, Road road = Road::bus);
    Manager(const Manager&) = delete;
    ~Manager();

    // Begins to connect. Fails where there is nothing to connect to; later trouble is `gone`.
    Status connect();
    bool is_up() const { return up_; }

    // Keeps a unit and all that it needs loaded while this connection lasts, where that is allowed (RefUnit):
    // one that nothing needs is else unloaded after each question, and read from disk anew at the next.
    void hold(const std::string& unit) { holds_.hold(unit); }
    // `done` comes once, from the loop, with whether all that was to be held is held.
    void when_held(std::function<void(bool kept)> done);
    // Before connect(): holds the unit before it subscribes. What loading it and all that it needs changes in
    // other units is then announced to nobody: two signals for each of a hundred deploy units.
    void load_first(const std::string& unit) { first_.push_back(unit); }
    // A held unit needs this one, as the manager has it: it stays loaded without being held itself.
    void count_as_held(const std::string& unit) { holds_.count(unit); }
    // Matches first, then reads, and holds the unit. Goes on through reconnects. Following twice is following
    // once, and then `false`: it needs a read() to be told anew.
    bool follow(const std::string& unit);
    // As follow(), but what properties() will bring of the unit is all that is read of it.
    void follow_what_is_asked(const std::string& unit);
    // What a followed unit looks like now, if it was read as a whole on this connection.
    const UnitState* known(const std::string& unit) const;
    // One whole read of a followed unit.
    void read(const std::string& unit);

    // Once what is to be held was answered for. `queued` gets the job's number. With an error that is_gone()
    // the job may have been queued all the same. Where nobody owns `wanted` any more, what was not asked for
    // yet is not, and `queued` does not come.
    using Queued = std::function<void(BusResult<std::uint32_t>)>;
    void enqueue(JobKind kind, JobMode mode, const std::string& unit, const std::weak_ptr<const bool>& wanted,
                 Queued queued);
    // Forgets that the unit failed; of one that is not loaded too.
    void reset_failed(const std::string& unit, std::function<void(BusResult<std::monostate>)> done);
    using Listed = std::function<void(BusResult<std::vector<JobInfo>>)>;
    void jobs_after(std::uint32_t job, Listed done); // those that wait for it
    // All properties of `interface` of a unit, which is loaded for it.
    using Read = std::function<void(BusResult<std::vector<BusProperty>>)>;
    void properties(const std::string& unit, const char* interface, Read done);

    const BusTarget& target() const { return target_; }

  private:
    struct Followed {
        UnitState state;
        bool whole = false;                           // read since the connection was made
        bool unit_read = false, service_read = false; // by properties(), on this connection
        std::size_t pending = 0;                      // reads under way
    };
    Status open();
    Status watch();
    void begin_directly();
    bool leave_private_socket();
    bool listens() const { return events_.unit || events_.job_removed; }
    void subscribe();
    void subscribed();
    void lose(Error why);
    void retry();
    void end(Error why);
    void start_follow(const std::string& unit);
    void call_for_job(JobKind kind, JobMode mode, const std::string& unit,
                      const std::weak_ptr<const bool>& wanted, Queued queued);
    void unit_changed(BusReader& reader);
    void note_asked(const std::string& unit, const char* interface, const std::vector<BusProperty>& all);
    void reload_ended();
    void beat();

    const Event& event_;
    BusTarget target_;
    ManagerEvents events_;
    std::string socket_; // the manager's own, while it is reached over that; else empty
    ManagerConnection connection_;
    Holds holds_;
    std::vector<std::string> first_;
    std::map<std::string, Followed> followed_;
    Source retry_, heart_;
    bool up_ = false, was_up_ = false, ended_ = false;
    Instant away_since_{};
    Duration pause_{0};
    Error last_;
};

} // namespace unitgate

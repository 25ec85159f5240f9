// SPDX-License-Identifier: MIT
#include "systemd/manager.hpp"

#include <algorithm>
#include <cerrno>

namespace unitgate {

namespace {

using namespace std::chrono_literals;

constexpr Duration subscribe_timeout = 10s;
constexpr Duration first_pause = 10ms, longest_pause = 500ms; // between two tries to come back
constexpr Duration heart_beat = 20s; // a connection that died without a word (a remote host) is noticed

bool is_service(const std::string& unit) {
    return unit.ends_with(".service");
}

} // namespace

Manager::Manager(const Event& event, BusTarget target, ManagerEvents events, Road road)
    : event_(event), target_(std::move(target)), events_(std::move(events)),
      socket_(road == Road::direct ? private_socket(target_) : std::string()), connection_(event),
      holds_(event, target_, connection_) {}

Manager::~Manager() = default;

Status Manager::connect() {
    if (!socket_.empty()) {
        holds_.use_own_connection();
        for (const auto& unit : first_)
            holds_.hold(unit);
        holds_.when_answered([this] { begin_directly(); });
        return {};
    }
    if (auto opened = open(); !opened) {
        Error error = opened.error();
        if (target_.is_local_system()) error.remedy = "is D-Bus running here? 'systemctl status dbus'";
        return tl::unexpected(std::move(error));
    }
    return {};
}

void Manager::begin_directly() {
    if (open()) return;
    leave_private_socket();
    if (Status connected = connect(); !connected) end(connected.error());
}

// Only until it has answered once: then it is there, and will be again.
bool Manager::leave_private_socket() {
    if (was_up_ || socket_.empty()) return false;
    socket_.clear();
    return true;
}

// Everything that depends on the connection is made anew; what is called on it is queued until it is made.
Status Manager::open() {
    Status opened = socket_.empty() ? connection_.open_bus(target_) : connection_.open_direct(socket_);
    if (opened) opened = watch();
    if (!opened) {
        connection_.close();
        return opened;
    }
    for (auto& each : followed_)
        each.second.pending = 0;
    if (!connection_.is_direct()) {
        holds_.use_shared_connection();
        for (const auto& unit : first_)
            hold(unit);
    }
    subscribe();
    return {};
}

Status Manager::watch() {
    Status status = connection_.on_end([this] {
        lose(Error{"the connection to the service manager" + target_.text() + " has ended", {}, 0});
    });
    auto match = [&](const BusSignal& signal, std::function<void(BusReader)> callback) {
        if (status) status = connection_.match(signal, std::move(callback));
    };
    if (!connection_.is_direct())
        match({"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
               manager_service},
              [this](BusReader reader) {
                  reader.text();
                  reader.text();
                  if (reader.text().empty())
                      lose(Error{"the service manager has left the D-Bus", {}, 0});
                  else
                      subscribe();
              });
    if (listens()) {
        match({manager_service, manager_path, manager_interface, "JobRemoved"}, [this](BusReader reader) {
            std::uint32_t id = reader.number();
            reader.text(); // its path
            std::string unit = reader.text(), result = reader.text();
            if (reader.ok() && events_.job_removed) events_.job_removed(id, unit, result);
        });
        match({manager_service, manager_path, manager_interface, "Reloading"}, [this](BusReader reader) {
            if (!reader.boolean()) reload_ended();
        });
        // One match for all units: a bus takes no more than some hundred from one peer.
        match({manager_service, unit_prefix, properties_interface, "PropertiesChanged", {}, true},
              [this](BusReader reader) { unit_changed(reader); });
    }
    return status;
}

void Manager::subscribe() {
    if (!connection_.is_open() || ended_) return;
    const char* interface = listens() ? manager_interface : "org.freedesktop.DBus.Peer";
    connection_.call(
        {manager_service, manager_path, interface, listens() ? "Subscribe" : "Ping", {}, subscribe_timeout},
        [this](BusResult<BusReader> reply) {
            if (reply || reply.error().name == "org.freedesktop.systemd1.AlreadySubscribed")
                return subscribed();
            Error why = reply.error().as_error("cannot subscribe to the service manager" + target_.text());
            if (!reply.error().is_gone()) return end(std::move(why));
            if (reply.error().code == ETIMEDOUT) connection_.give_up(); // a new one may fare better
            lose(std::move(why));
        });
}

void Manager::subscribed() {
    if (up_) return; // asked twice: by the timer and by the new owner's arrival
    retry_.reset();
    up_ = was_up_ = true;
    if (events_.up) events_.up();
    for (const auto& each : followed_)
        start_follow(each.first);
    beat();
}

void Manager::lose(Error why) {
    if (ended_) return;
    last_ = std::move(why);
    if (leave_private_socket())
        connection_.give_up();
    else if (!was_up_)
        return end(last_);
    if (up_ || !was_up_) {
        up_ = false;
        heart_.reset();
        away_since_ = Clock::now();
        pause_ = first_pause;
        for (auto& [name, one] : followed_)
            one.whole = one.unit_read = one.service_read = false;
        if (was_up_ && events_.lost) events_.lost();
    }
    auto timer = add_timer(event_, Clock::now() + pause_, [this] { retry(); });
    if (!timer) return end(timer.error());
    retry_ = std::move(*timer);
    pause_ = std::min(pause_ * 2, longest_pause);
}

void Manager::retry() {
    retry_.reset();
    if (Clock::now() - away_since_ > patience)
        return end(Error{"the service manager" + target_.text() + " did not come back within " +
                             format_duration(patience) + ": " + last_.message,
                         {},
                         last_.code});
    if (connection_.is_open()) return subscribe();
    if (auto opened = open(); !opened) lose(opened.error());
}

void Manager::end(Error why) {
    if (ended_) return;
    ended_ = true;
    up_ = false;
    retry_.reset();
    heart_.reset();
    if (events_.gone) events_.gone(why);
}

void Manager::beat() {
    auto timer = add_timer(event_, Clock::now() + heart_beat, [this] {
        connection_.call(
            {manager_service, manager_path, "org.freedesktop.DBus.Peer", "Ping"},
            [this](BusResult<BusReader> reply) {
                if (!up_) return;
                if (reply || !reply.error().is_gone()) return beat();
                connection_.give_up();
                lose(reply.error().as_error("the service manager" + target_.text() + " does not answer"));
            });
    });
    if (timer) heart_ = std::move(*timer);
}

void Manager::reload_ended() {
    if (!up_) return;
    for (const auto& each : followed_)
        read(each.first);
}

bool Manager::follow(const std::string& unit) {
    if (!followed_.try_emplace(unit).second) {
        if (up_) hold(unit); // follow_what_is_asked() does not
        return false;
    }
    if (up_) start_follow(unit);
    return true;
}

void Manager::follow_what_is_asked(const std::string& unit) {
    followed_.try_emplace(unit);
}

const UnitState* Manager::known(const std::string& unit) const {
    auto at = followed_.find(unit);
    return at != followed_.end() && at->second.whole ? &at->second.state : nullptr;
}

// Signals and answers come in the order in which the manager sent them. What a service that is down says of
// itself is of an earlier run; the signals of the next one tell all of it anew.
void Manager::note_asked(const std::string& unit, const char* interface,
                         const std::vector<BusProperty>& all) {
    auto at = followed_.find(unit);
    if (at == followed_.end()) return;
    Followed& one = at->second;
    update(one.state, all);
    (std::string_view(interface) == unit_interface ? one.unit_read : one.service_read) = true;
    if (one.unit_read && (one.service_read || !is_service(unit) || one.state.is_down())) one.whole = true;
}

void Manager::unit_changed(BusReader& reader) {
    auto at = followed_.find(bus_path_name(unit_prefix, reader.path()));
    if (at == followed_.end()) return;
    reader.text(); // the interface
    update(at->second.state, reader.properties(is_of_state));
    if (at->second.whole && events_.unit) events_.unit(at->first, at->second.state, false);
}

void Manager::when_held(std::function<void(bool)> done) {
    holds_.when_answered([this, done = std::move(done)] { done(holds_.are_kept()); });
}

// The match is there already, so that no change falls between it and the read.
void Manager::start_follow(const std::string& unit) {
    hold(unit); // unloaded, why it did not start would be forgotten
    read(unit);
}

void Manager::properties(const std::string& unit, const char* interface, Read done) {
    connection_.call(
        {manager_service, bus_path(unit_prefix, unit), properties_interface, "GetAll", {interface}},
        [this, unit, interface, done = std::move(done)](BusResult<BusReader> reply) {
            if (!reply) return done(tl::unexpected(reply.error()));
            auto all = reply->properties();
            if (!reply->ok()) return done(tl::unexpected(BusError{"", "malformed properties", EBADMSG}));
            note_asked(unit, interface, all);
            done(std::move(all));
        });
}

void Manager::read(const std::string& unit) {
    auto take = [this, unit](BusResult<std::vector<BusProperty>> all, bool last) {
        auto at = followed_.find(unit);
        if (at == followed_.end()) return;
        UnitState& state = at->second.state; // properties() has taken over what came
        // Where a later read is under way, this one may be half from before what led to that one.
        if (last && at->second.pending > 0) --at->second.pending;
        if (!all && all.error().is_gone()) return; // all is read again once the manager is back
        if (!all && state.load_state.empty()) {
            state.load_state = "error";
            state.load_error = all.error().as_error("cannot read the unit").message;
        }
        if (!last || at->second.pending > 0) return;
        at->second.whole = true;
        if (events_.unit) events_.unit(unit, state, true);
    };
    if (!up_) return; // `up` brings a read of everything
    if (auto at = followed_.find(unit); at != followed_.end()) ++at->second.pending;
    bool service = is_service(unit);
    properties(unit, unit_interface, [take, service](auto all) { take(std::move(all), !service); });
    if (service) properties(unit, service_interface, [take](auto all) { take(std::move(all), true); });
}

} // namespace unitgate

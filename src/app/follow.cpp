// SPDX-License-Identifier: MIT
#include "app/follow.hpp"

#include <csignal>

#include "app/target.hpp"
#include "report/job_table.hpp"

namespace unitgate {

namespace {

using namespace std::chrono_literals;

constexpr Duration show_pause = 50ms; // what has changed is not shown more often
constexpr Duration tick = 1s;         // the times that are shown grow

} // namespace

Result<std::unique_ptr<Session>> Session::connect(const BusTarget& target, Road road) {
    auto event = Event::create();
    if (!event) return tl::unexpected(event.error());
    std::unique_ptr<Session> session(new Session(std::move(*event)));
    Session* self = session.get();
    ManagerEvents events;
    events.up = [self] {
        if (self->listeners_.up) self->listeners_.up();
    };
    events.lost = [self] {
        if (self->listeners_.lost) self->listeners_.lost();
    };
    events.gone = [self](const Error& error) {
        self->gone_ = error;
        if (self->listeners_.gone) self->listeners_.gone(error);
    };
    events.unit = [self](const std::string& unit, const UnitState& state, bool whole) {
        if (self->listeners_.unit) self->listeners_.unit(unit, state, whole);
    };
    events.job_removed = [self](std::uint32_t id, const std::string& unit, const std::string& result) {
        if (self->listeners_.job_removed) self->listeners_.job_removed(id, unit, result);
    };
    session->manager_ = std::make_unique<Manager>(session->event_, target, std::move(events), road);
    auto unreachable = [&target](Error error) {
        if (error.remedy.empty()) error.remedy = target_remedy(target);
        return tl::unexpected(std::move(error));
    };
    session->manager_->load_first("deploy.target"); // it wants most deploy units, where it is there
    if (auto connected = session->manager_->connect(); !connected) return unreachable(connected.error());
    auto ran = session->event_.run_until([self] { return self->manager_->is_up() || self->gone_; });
    if (!ran) return tl::unexpected(ran.error());
    if (self->gone_) return unreachable(*self->gone_);
    return session;
}

Result<UnitState> Session::look(const std::string& unit) {
    std::optional<UnitState> seen;
    listeners_ = {};
    listeners_.unit = [&](const std::string& name, const UnitState& state, bool whole) {
        if (name == unit && whole) seen = state;
    };
    if (!manager_->follow(unit)) manager_->read(unit);
    auto ran = event_.run_until([&] { return seen || gone_; });
    listeners_ = {};
    if (!ran) return tl::unexpected(ran.error());
    if (!seen) return tl::unexpected(*gone_);
    return *seen;
}

Status Session::watch_signals() {
    if (!signals_.empty()) return {};
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
        auto source = add_signal(event_, signal, [this] { interrupted_ = true; });
        if (!source) return tl::unexpected(source.error());
        signals_.push_back(std::move(*source));
    }
    return {};
}

Result<FollowEnd> Session::follow(std::vector<Wish> wishes, bool quiet, bool to_the_end) {
    if (gone_) return tl::unexpected(*gone_);
    FollowEnd end;
    auto alive = std::make_shared<bool>(true); // answers may come after the end of this
    struct Kind {
        JobKind kind;
        JobMode mode;
    };
    std::map<std::string, Kind> kinds;
    for (const auto& wish : wishes)
        kinds.emplace(wish.unit, Kind{wish.kind, wish.mode});
    JobFollower follower(std::move(wishes));
    JobTable table(follower, quiet);
    Source shower, ticker;

    std::function<void()> show_soon = [&] {
        if (shower) return;
        if (auto timer = add_timer(event_, Clock::now() + show_pause, [&] {
                shower.reset();
                table.show();
            }))
            shower = std::move(*timer);
    };
    std::function<void(const FollowActions&)> carry_out = [&](const FollowActions& actions) {
        for (const auto& unit : actions.enqueue)
            manager_->enqueue(kinds.at(unit).kind, kinds.at(unit).mode, unit, alive,
                              [&, unit](BusResult<std::uint32_t> id) {
                                  carry_out(id ? follower.taken(unit, *id, Clock::now())
                                               : follower.refused(unit, id.error(), Clock::now()));
                              });
        for (const auto& unit : actions.read)
            manager_->read(unit);
        show_soon();
    };
    std::function<void()> again = [&] {
        table.show();
        if (auto timer = add_timer(event_, Clock::now() + tick, again)) ticker = std::move(*timer);
    };

    listeners_ = {};
    listeners_.unit = [&](const std::string& unit, const UnitState& state, bool whole) {
        table.note(unit, state);
        carry_out(follower.seen(unit, state, whole, Clock::now()));
    };
    listeners_.job_removed = [&](std::uint32_t id, const std::string& unit, const std::string& result) {
        carry_out(follower.removed(id, unit, result, Clock::now()));
    };
    listeners_.lost = [&] {
        follower.lost();
        table.say("the connection to the service manager is lost; connecting again");
    };
    listeners_.up = [&] { table.say("connected again"); };
    listeners_.gone = [&](const Error& error) {
        end.gone = error;
        follower.gone(error, Clock::now());
    };
    if (auto watched = watch_signals(); !watched) return tl::unexpected(watched.error());
    for (const auto& [unit, kind] : kinds) {
        if (manager_->follow(unit)) continue;
        if (const UnitState* state = manager_->known(unit))
            listeners_.unit(unit, UnitState(*state), true);
        else
            manager_->read(unit);
    }
    again();
    auto ran = event_.run_until([&] { return follower.is_finished() || (interrupted_ && !to_the_end); });
    end.interrupted = interrupted_ && !follower.is_finished();
    listeners_ = {};
    table.show();
    table.clear();
    if (!ran) return tl::unexpected(ran.error());
    end.rows = follower.rows();
    if (!end.interrupted) find_blockers(end);
    return end;
}

// A required unit that is not followed tells nothing by itself: it is looked at where it was in the way.
void Session::find_blockers(FollowEnd& end) {
    for (JobRow& row : end.rows) {
        if (!row.by_dependency || !row.blocker.empty()) continue;
        for (const auto& unit : row.wish.requires_) {
            auto state = look(unit);
            if (!state) return; // the manager is gone: then it stays unnamed
            if (state->is_up()) continue;
            row.blocker = unit;
            row.detail = "it requires '" + unit + "', which is " + state->active_state;
            break;
        }
    }
}

} // namespace unitgate

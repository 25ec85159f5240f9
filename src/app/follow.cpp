// SPDX-License-Identifier: MIT
#include "app/follow.hpp"

#include <algorithm>
#include <csignal>

#include <unistd.h>

#include "base/text.hpp"
#include "report/live_block.hpp"

namespace unitgate {

namespace {

using namespace std::chrono_literals;

constexpr Duration redraw_pause = 50ms; // a terminal is not redrawn more often
constexpr Duration tick = 1s;           // the times in it grow

// What is shown while jobs are followed.
class View {
  public:
    View(const JobFollower& follower, bool quiet)
        : follower_(follower), quiet_(quiet), block_(STDOUT_FILENO), keys_(follower.rows().size()),
          rolled_back_(follower.rows().size()) {
        for (const JobRow& row : follower.rows())
            width_ = std::max(width_, row.wish.unit.size());
    }

    void note(const std::string& unit, const UnitState& state) {
        for (std::size_t i = 0; i < keys_.size(); ++i)
            if (follower_.rows()[i].wish.unit == unit && is_rollback_status(state.status_text))
                rolled_back_[i] = true;
    }

    // Lines for what has changed; what is decided stays above the block.
    void update() {
        if (quiet_) return;
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const JobRow& row = follower_.rows()[i];
            bool lasting = row.is_decided() || !block_.is_terminal();
            if (!lasting || row.progress == Progress::looking || row.progress == Progress::asking ||
                row.progress == Progress::settling)
                continue;
            JobLine line = line_of(i);
            if (line.key == keys_[i]) continue;
            keys_[i] = line.key;
            block_.last(text_of(i, line));
        }
    }

    void draw() {
        if (quiet_ || !block_.is_terminal()) return;
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < keys_.size(); ++i)
            if (!follower_.rows()[i].is_decided()) lines.push_back(text_of(i, line_of(i)));
        block_.draw(lines);
    }

    void say(std::string_view line) {
        if (!quiet_) block_.last(line);
    }
    void clear() { block_.clear(); }

  private:
    JobLine line_of(std::size_t i) const {
        const JobRow& row = follower_.rows()[i];
        return job_line(row, follower_.waits_for(row), rolled_back_[i]);
    }

    std::string text_of(std::size_t i, const JobLine& line) const {
        const JobRow& row = follower_.rows()[i];
        std::string name = escape_controls(row.wish.unit);
        name.resize(std::max(name.size(), width_), ' ');
        std::string text = name + "  " + line.text;
        if (row.progress == Progress::running)
            text += "  (" +
                    format_duration(std::chrono::floor<std::chrono::seconds>(Clock::now() - row.began)) + ")";
        else if (row.is_decided() && row.progress != Progress::left_alone && row.ended - row.began > 1ms)
            text +=
                "  (" + format_duration(std::chrono::duration_cast<Duration>(row.ended - row.began)) + ")";
        if (!block_.has_colour()) return text;
        switch (line.tone) {
        case JobLine::Tone::good:
            return "\x1b[32m" + text + "\x1b[0m";
        case JobLine::Tone::warning:
            return "\x1b[33m" + text + "\x1b[0m";
        case JobLine::Tone::bad:
            return "\x1b[31m" + text + "\x1b[0m";
        case JobLine::Tone::plain:
            break;
        }
        return text;
    }

    const JobFollower& follower_;
    bool quiet_;
    LiveBlock block_;
    std::vector<std::string> keys_; // of the line last printed for a row
    std::vector<bool> rolled_back_;
    std::size_t width_ = 0;
};

} // namespace

Result<BusTarget> bus_target(const Invocation& invocation) {
    BusTarget target;
    if (invocation.has("host") && invocation.has("machine"))
        return fail("'--host' and '--machine' name two different managers", "give one of them");
    target.user = invocation.has("user");
    if (invocation.has("host")) {
        target.where = BusTarget::Where::host;
        target.name = invocation.value("host");
        if (target.user)
            return fail("'--user' cannot be combined with '--host'",
                        "log in there and call it without '--host'");
    } else if (invocation.has("machine")) {
        target.where = BusTarget::Where::machine;
        target.name = invocation.value("machine");
    }
    return target;
}

std::string target_options(const BusTarget& target) {
    std::string text = target.user ? " --user" : "";
    if (target.where == BusTarget::Where::host) text += " -H " + target.name;
    if (target.where == BusTarget::Where::machine) text += " -M " + target.name;
    return text;
}

Result<std::unique_ptr<Session>> Session::connect(const BusTarget& target) {
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
    session->manager_ = std::make_unique<Manager>(session->event_, target, std::move(events));
    if (auto connected = session->manager_->connect(); !connected) return tl::unexpected(connected.error());
    auto ran = session->event_.run_until([self] { return self->manager_->is_up() || self->gone_; });
    if (!ran) return tl::unexpected(ran.error());
    if (self->gone_) return tl::unexpected(*self->gone_);
    return session;
}

Result<UnitState> Session::look(const std::string& unit) {
    std::optional<UnitState> seen;
    listeners_ = {};
    listeners_.unit = [&](const std::string& name, const UnitState& state, bool whole) {
        if (name == unit && whole) seen = state;
    };
    manager_->follow(unit);
    manager_->read(unit);
    auto ran = event_.run_until([&] { return seen || gone_; });
    listeners_ = {};
    if (!ran) return tl::unexpected(ran.error());
    if (!seen) return tl::unexpected(*gone_);
    return *seen;
}

Result<FollowEnd> Session::follow(std::vector<Wish> wishes, bool quiet) {
    if (gone_) return tl::unexpected(*gone_);
    FollowEnd end;
    auto alive = std::make_shared<bool>(true); // answers may come after the end of this
    std::map<std::string, JobKind> kinds;
    for (const auto& wish : wishes)
        kinds.emplace(wish.unit, wish.kind);
    JobFollower follower(std::move(wishes));
    View view(follower, quiet);
    Source redraw, ticker;
    std::vector<Source> signals;

    std::function<void()> show = [&] {
        view.update();
        if (redraw) return;
        if (auto timer = add_timer(event_, Clock::now() + redraw_pause, [&] {
                redraw.reset();
                view.draw();
            }))
            redraw = std::move(*timer);
    };
    std::function<void(const FollowActions&)> carry_out = [&](const FollowActions& actions) {
        for (const auto& unit : actions.enqueue)
            manager_->enqueue(kinds.at(unit), unit,
                              [&, unit, still = std::weak_ptr<bool>(alive)](BusResult<std::uint32_t> id) {
                                  if (still.expired()) return;
                                  carry_out(id ? follower.taken(unit, *id, Clock::now())
                                               : follower.refused(unit, id.error(), Clock::now()));
                              });
        for (const auto& unit : actions.read)
            manager_->read(unit);
        show();
    };
    std::function<void()> again = [&] {
        view.draw();
        if (auto timer = add_timer(event_, Clock::now() + tick, again)) ticker = std::move(*timer);
    };

    listeners_ = {};
    listeners_.unit = [&](const std::string& unit, const UnitState& state, bool whole) {
        view.note(unit, state);
        carry_out(follower.seen(unit, state, whole, Clock::now()));
    };
    listeners_.job_removed = [&](std::uint32_t id, const std::string& unit, const std::string& result) {
        carry_out(follower.removed(id, unit, result, Clock::now()));
    };
    listeners_.lost = [&] { view.say("the connection to the service manager is lost; connecting again"); };
    listeners_.up = [&] { view.say("connected again"); };
    listeners_.gone = [&](const Error& error) {
        end.gone = error;
        follower.gone(error, Clock::now());
        show();
    };
    for (int signal : {SIGINT, SIGTERM}) {
        auto source = add_signal(event_, signal, [&] { end.interrupted = true; });
        if (!source) return tl::unexpected(source.error());
        signals.push_back(std::move(*source));
    }
    for (const auto& [unit, kind] : kinds) {
        manager_->follow(unit);
        manager_->read(unit);
    }
    again();
    auto ran = event_.run_until([&] { return follower.is_finished() || end.interrupted; });
    listeners_ = {};
    view.update();
    view.clear();
    if (!ran) return tl::unexpected(ran.error());
    end.rows = follower.rows();
    return end;
}

int start_code(const FollowEnd& end) {
    int code = end.gone ? exit_failure : exit_success;
    for (const JobRow& row : end.rows) {
        JobVerdict verdict = verdict_of(row);
        if (verdict == JobVerdict::failed || verdict == JobVerdict::skipped) code = exit_failure;
        if (verdict == JobVerdict::not_wanted && code == exit_success) code = exit_not_wanted;
    }
    return code;
}

std::string next_commands(const FollowEnd& end, const BusTarget& target) {
    std::vector<std::string> running, failed;
    const JobRow* denied = nullptr;
    for (const JobRow& row : end.rows) {
        if (row.refusal.is_denied()) denied = &row;
        if (!row.is_decided())
            running.push_back(row.wish.unit);
        else if (row.progress == Progress::failed && !row.refusal.is_denied() &&
                 row.state.active_state == "failed")
            failed.push_back(row.wish.unit);
        else if (end.gone && row.progress == Progress::failed)
            running.push_back(row.wish.unit);
    }
    std::string options = target_options(target), text;
    if (denied)
        text += "this user may not " + std::string(job_word(denied->wish.kind)) + " units" + target.text() +
                ": call it as root or with 'sudo', or ask this host's administrator for a polkit rule on "
                "'org.freedesktop.systemd1.manage-units'\n";
    if (!running.empty())
        text += "still running: " + escape_controls(join(running, ", ")) + "\nwatch: systemctl" + options +
                " list-jobs; systemctl" + options + " status " + escape_controls(running[0]) + "\n";
    // journalctl has -M, and reads another host's journal only there.
    std::string journal = "journalctl" + std::string(target.user ? " --user" : "");
    if (target.where == BusTarget::Where::machine) journal += " -M " + target.name;
    if (target.where == BusTarget::Where::host) journal = "ssh " + target.name + " " + journal;
    for (const auto& unit : failed)
        text += "next: " + journal + " -b -e -u " + escape_controls(unit) + "\n";
    return text;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate rehearse NAME`: a cold start on the live host. What would wait for the unit at a boot is stopped,
// the unit is started alone, and everything is put back as it was, however that ends.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <unistd.h>

#include "app/closing.hpp"
#include "app/follow.hpp"
#include "app/output.hpp"
#include "app/rehearse_apps.hpp"
#include "app/rehearse_report.hpp"
#include "app/rehearse_restore.hpp"
#include "app/start.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/rehearsal.hpp"
#include "deploy/state.hpp"
#include "io/ids.hpp"
#include "io/listeners.hpp"
#include "plan/cold_start.hpp"
#include "plan/serves.hpp"
#include "report/job_lines.hpp"
#include "spec/names.hpp"
#include "systemd/dependents.hpp"

namespace unitgate {

namespace {

class Rehearse {
  public:
    Rehearse(std::unique_ptr<Session> session, Fd lock, const Invocation& invocation, std::string folder)
        : session_(std::move(session)), lock_(std::move(lock)), invocation_(invocation),
          folder_(std::move(folder)), file_(folder_), loaded_(load_specs(invocation.specs)) {}

    int run() {
        if (Status looked = look(); !looked) return failed(looked.error());
        if (!agreed()) {
            print_to_stderr("nothing is stopped\n");
            return exit_failure;
        }
        if (Status watched = session_->watch_signals(); !watched) return failed(watched.error());
        auto before = try_apps(session_->event(), apps_, folder_);
        if (!before) return failed(before.error());
        if (session_->is_interrupted()) return exit_failure; // nothing is stopped yet
        if (Status saved = file_.save(note_); !saved) return failed(saved.error());

        if (Status went = cold_start(); !went) {
            end_.verdict = "failed";
            end_.detail = went.error().message;
        }
        if (session_->is_interrupted()) end_.verdict = "interrupted";
        say(session_->is_interrupted() ? "interrupted: putting everything back\n"
                                       : "putting everything back\n");
        put_back();
        check_again(*before);
        int printed = print(invocation_.json ? rehearsal_json(end_).dump(2) + "\n" : rehearsal_text(end_));
        return std::max(end_.is_good() ? exit_success : exit_failure, printed);
    }

  private:
    // What is there, and whether it can be done at all. Changes nothing.
    Status look() {
        const std::string& name = invocation_.arguments.front();
        spec_ = loaded_.find(name);
        if (!spec_) return tl::unexpected(why_not_good(name, loaded_, invocation_.specs.folders));
        auto state = session_->look(spec_->unit.name);
        if (!state) return tl::unexpected(state.error());
        if (state->load_state != "loaded")
            return fail("cannot rehearse '" + spec_->unit.name + "': systemd has it as " +
                            in_quotes(state->load_state),
                        "'systemctl daemon-reload' makes the units of the specs");
        if (state->job != 0)
            return fail("cannot rehearse '" + spec_->unit.name + "': a job of it is under way",
                        "wait for its end, see 'systemctl list-jobs'");
        auto found = read_dependents(session_->event(), session_->manager(), spec_->unit.name);
        if (!found) return tl::unexpected(found.error());
        auto cgroup = read_file("/proc/self/cgroup");
        if (!cgroup) return tl::unexpected(cgroup.error());
        const std::string caller = unit_of_cgroup(*cgroup);
        plan_ = plan_cold_start(found->graph, found->active, found->unit, caller);
        if (plan_.takes_caller_down)
            return fail("cannot rehearse '" + found->unit + "': systemd would stop '" + caller +
                            "' with it, which this program runs in",
                        "call it from somewhere else, such as an ssh session");
        note_.name = spec_->name;
        note_.unit = end_.unit = found->unit;
        note_.boot_id = boot_id();
        note_.since = now_rfc3339();
        note_.was_up = state->is_up();
        note_.units = plan_.all();
        end_.stopped = plan_.services;
        apps_.push_back(spec_);
        for (const auto& unit : plan_.services)
            for (const Spec& spec : loaded_.specs)
                if (spec.unit.name == unit) apps_.push_back(&spec);
        asked_ = probes_served_by(note_.units, loaded_.specs, *spec_);
        note_.in_order = asked_.empty() || !invocation_.has("apps");
        return {};
    }

    bool agreed() {
        std::string text = "stops, from the last to the first:\n";
        for (const auto& unit : plan_.services)
            text += "  " + unit + "\n";
        if (plan_.services.empty()) text += "  (nothing active is ordered after it)\n";
        if (!plan_.drawn_in.empty()) text += "systemd stops with them: " + join(plan_.drawn_in, ", ") + "\n";
        text += "then starts alone: " + note_.unit + "\n";
        if (plan_.caller_is_after) text += "left alone: the unit that this program runs in\n";
        if (invocation_.has("apps")) {
            std::vector<std::string> names;
            for (const Spec* spec : stopped_apps())
                if (!spec->stop_command.empty()) names.push_back(spec->name);
            text +=
                "takes down the apps with a [stop] command: " + (names.empty() ? "none" : join(names, ", ")) +
                "\n";
        }
        print_to_stderr(text);
        if (invocation_.has("yes")) return true;
        print_to_stderr("Go on? [y/N]\n");
        char line[8]; // stdio, since <iostream> alone brings all of libstdc++'s locales into every start
        if (!std::fgets(line, sizeof line, stdin)) return false;
        std::string_view answer = trim(line);
        return answer == "y" || answer == "Y" || answer == "yes";
    }

    std::vector<const Spec*> stopped_apps() const { return {apps_.begin() + 1, apps_.end()}; }

    Status cold_start() {
        say("stopping what is ordered after it\n");
        std::vector<Wish> wishes;
        for (auto unit = plan_.services.rbegin(); unit != plan_.services.rend(); ++unit)
            wishes.push_back(wish_to(JobKind::stop, *unit));
        if (Status stopped = stop(std::move(wishes)); !stopped || session_->is_interrupted()) return stopped;
        if (invocation_.has("apps")) {
            auto wrong = stop_apps(*session_, stopped_apps(), folder_);
            if (!wrong) return tl::unexpected(wrong.error());
            for (const auto& one : *wrong)
                print_to_stderr(one + "\n");
        }
        auto tried = try_apps(session_->event(), stopped_apps(), folder_);
        if (!tried) return tl::unexpected(tried.error());
        end_.meanwhile = std::move(*tried);
        if (session_->is_interrupted()) return {};

        if (Status stopped = stop({wish_to(JobKind::stop, note_.unit)});
            !stopped || session_->is_interrupted())
            return stopped;
        auto reset = std::make_shared<std::optional<BusResult<std::monostate>>>(); // may be answered late
        session_->manager().reset_failed(note_.unit, [reset](auto done) { *reset = std::move(done); });
        if (auto ran = session_->event().run_until([&] { return *reset || session_->is_gone(); }); !ran)
            return ran;
        if (!*reset || !**reset) return fail("cannot reset the failures of '" + note_.unit + "'");

        say("starting it alone\n");
        auto end = session_->follow({wish_to(JobKind::start, note_.unit)}, invocation_.json);
        if (!end) return tl::unexpected(end.error());
        if (end->gone) return tl::unexpected(*end->gone);
        if (session_->is_interrupted()) return {};
        const JobRow& row = end->rows[0];
        end_.took = std::chrono::duration_cast<Duration>(row.ended - row.began);
        end_.verdict = verdict_word(verdict_of(row));
        end_.detail = row.detail.empty() ? row.state.status_text : row.detail;
        // Such a run cannot pass, so it was another one: with other state, or of another program.
        if (row.is_up() && !asked_.empty()) {
            end_.verdict = "failed";
            end_.detail = "it came up although probe " + in_quotes(asked_.begin()->first) + " asks '" +
                          asked_.begin()->second + "', which is stopped: its run knew of no rehearsal in '" +
                          folder_ + "'";
        }
        return {};
    }

    Status stop(std::vector<Wish> wishes) {
        auto end = session_->follow(std::move(wishes), invocation_.json);
        if (!end) return tl::unexpected(end.error());
        if (end->gone) return tl::unexpected(*end->gone);
        for (const JobRow& row : end->rows)
            if (row.is_decided() && row.progress != Progress::stopped) {
                print_to_stderr(closing_lines(*end, {}));
                return fail("'" + row.wish.unit + "' could not be stopped: " + row.detail);
            }
        return {};
    }

    void put_back() {
        Restorer restorer(session_, lock_, file_, note_, invocation_.json);
        Status back = restorer.run();
        if (!back) print_error(back.error());
        end_.all_back = back.has_value();
        end_.restored = restorer.rows();
        end_.units = note_.units.size() + (note_.was_up ? 1 : 0);
    }

    void check_again(const std::vector<AppTry>& before) {
        std::vector<const Spec*> specs;
        for (const AppTry& app : before)
            if (app.state == AppTry::State::up) specs.push_back(app.spec);
        auto after = try_apps(session_->event(), specs, folder_);
        if (!after) {
            end_.unhealthy.push_back("what was healthy before could not be probed again: " +
                                     after.error().message);
            return;
        }
        for (const AppTry& app : *after)
            if (app.state != AppTry::State::up)
                end_.unhealthy.push_back("'" + app.spec->name +
                                         "' was healthy before and is not now: " + app.detail);
    }

    void say(const std::string& text) const {
        if (!invocation_.json) print(text);
    }

    std::unique_ptr<Session> session_;
    Fd lock_;
    const Invocation& invocation_;
    std::string folder_;
    RehearsalFile file_;
    LoadedSpecs loaded_;
    const Spec* spec_ = nullptr;
    std::vector<const Spec*> apps_;            // of the unit first, then of the services in start order
    std::map<std::string, std::string> asked_; // probes of its gate -> those of them that answer
    ColdStart plan_;
    Rehearsal note_;
    RehearsalEnd end_;
};

int restore(std::unique_ptr<Session> session, Fd lock, const RehearsalFile& file, const Rehearsal& note,
            const Invocation& invocation) {
    if (Status watched = session->watch_signals(); !watched) return failed(watched.error());
    Restorer restorer(session, lock, file, note, invocation.json);
    Status back = restorer.run();
    Json units = Json::array();
    for (const JobRow& row : restorer.rows())
        units.push(job_json(row));
    int printed =
        invocation.json
            ? print(Json::object().set("restored", units).set("all_back", back.has_value()).dump(2) + "\n")
            : exit_success;
    if (!back) return failed(back.error());
    return invocation.json ? printed
                           : print("what the rehearsal of '" + note.name + "' had stopped is back\n");
}

} // namespace

int rehearse_verb(const Invocation& invocation) {
    const bool restoring = invocation.has("restore");
    if (restoring != invocation.arguments.empty()) {
        print_error({restoring ? "'--restore' takes no NAME" : "'rehearse' needs NAME",
                     "type 'unitgate rehearse --help'", 0});
        return exit_usage;
    }
    if (!restoring && !invocation.has("yes") && ::isatty(STDIN_FILENO) != 1) {
        print_error({"rehearse stops services and asks before: there is no terminal to ask on",
                     "give '--yes' to go on without asking", 0});
        return exit_usage;
    }
    std::signal(SIGPIPE, SIG_IGN); // whoever reads along may go; what was stopped is put back all the same
    const std::string folder = state_folder_of(invocation);
    auto lock = lock_rehearsal(folder);
    if (!lock) return failed(lock.error());
    RehearsalFile file(folder);
    auto note = file.load();
    if (!note) return failed(note.error());
    if (restoring && !*note) return print("no rehearsal was cut short: there is nothing to put back\n");
    if (!restoring && *note)
        return failed({"an earlier rehearsal of '" + (*note)->name + "' was cut short", restore_remedy, 0});
    auto session = Session::connect({}, Road::direct);
    if (!session) return failed(session.error());
    if (restoring) return restore(std::move(*session), std::move(*lock), file, **note, invocation);
    return Rehearse(std::move(*session), std::move(*lock), invocation, folder).run();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate reconcile [NAME...]`: each unit that is behind is reloaded, one after the other in order, so that
// what requires it stays up. Stops at the first that does not get to its wanted version.
#include <algorithm>
#include <optional>
#include <span>

#include "app/closing.hpp"
#include "app/follow.hpp"
#include "app/output.hpp"
#include "app/selection.hpp"
#include "app/start.hpp"
#include "app/target.hpp"
#include "base/text.hpp"
#include "deploy/standing.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

namespace {

class Reconcile {
  public:
    Reconcile(Session& session, const Selection& selection, const Invocation& invocation)
        : session_(session), selection_(selection), invocation_(invocation),
          folder_(state_folder_of(invocation, session.manager().target())) {}

    Result<int> run() {
        for (std::size_t i = 0; i < selection_.wishes.size(); ++i) {
            auto code = one(selection_.wishes[i]);
            if (!code) return tl::unexpected(code.error());
            // A failure weighs more than a unit that is not on its wanted version.
            if (code_ != exit_failure && *code != exit_success) code_ = *code;
            if (interrupted_ || (stop_ && !invocation_.has("keep-going"))) {
                tell_left(std::span(selection_.wishes).subspan(i + 1));
                break;
            }
        }
        return code_;
    }
    const Json& json() const { return list_; }
    bool interrupted() const { return interrupted_; }

  private:
    // The exit code as far as this unit goes.
    Result<int> one(const Wish& wish) {
        auto state = session_.look(wish.unit);
        if (!state) return tl::unexpected(state.error());
        // What somebody else has begun, a boot or another reconcile, is followed to its end.
        bool starting = state->active_state == "activating";
        if (starting || state->active_state == "reloading") {
            if (!invocation_.has("dry-run")) return work(wish, starting ? JobKind::start : JobKind::reload);
            say(wish.unit, "under-way", starting ? "is being started" : "is being reloaded");
            return exit_success;
        }
        if (state->job != 0) return halt(wish.unit, "busy", "another job of it is queued");
        if (!state->is_up()) {
            if (!invocation_.has("start")) {
                say(wish.unit, "inactive",
                    "is " + state->active_state + ": left alone, '--start' would start it");
                return exit_success;
            }
            if (invocation_.has("dry-run")) return work(wish, JobKind::start);
            auto known = standing_of(wish.unit);
            if (!known) return tl::unexpected(known.error());
            return work(wish, JobKind::start, *known && (*known)->kind == Standing::Kind::held);
        }
        auto known = standing_of(wish.unit);
        if (!known) return tl::unexpected(known.error());
        if (!*known) return work(wish, JobKind::reload);
        const Standing& standing = **known;
        switch (standing.kind) {
        case Standing::Kind::current:
            say(wish.unit, "current", standing.text());
            return exit_success;
        case Standing::Kind::held:
            say(wish.unit, "held", standing.text());
            return exit_not_wanted;
        case Standing::Kind::unknown:
            return halt(wish.unit, "unknown", standing.text());
        case Standing::Kind::behind:
        case Standing::Kind::never_good:
            break;
        }
        if (!invocation_.has("dry-run") && !invocation_.json)
            print(wish.unit + ": " + standing.text() + "\n");
        return work(wish, JobKind::reload);
    }

    // Nothing where the state is not at hand: the run itself finds out then, and deploys nothing when nothing
    // is to be done.
    Result<std::optional<Standing>> standing_of(const std::string& unit) {
        const Spec* spec = selection_.spec_of(unit);
        if (!folder_ || !spec) return std::nullopt;
        auto standings = find_standings(session_.event(), {spec}, *folder_);
        if (!standings) return tl::unexpected(standings.error());
        return std::move((*standings)[0]);
    }

    // `held`: the last good version is all that can come up, and is no reason to stop.
    Result<int> work(Wish wish, JobKind kind, bool held = false) {
        std::string verb(job_word(kind));
        if (invocation_.has("dry-run")) {
            say(wish.unit, "would-" + verb, "would " + verb);
            return exit_success;
        }
        wish.kind = kind;
        wish.after.clear();
        auto end = session_.follow({wish}, invocation_.json);
        if (!end) return tl::unexpected(end.error());
        const JobRow& row = end->rows[0];
        interrupted_ = end->interrupted;
        int code = interrupted_ ? exit_failure : start_code(*end);
        std::string outcome = code == exit_success ? verb + "ed" : std::string(verdict_word(verdict_of(row)));
        std::string detail = row.detail;
        // The state file knows better than a status text, which may be lost.
        if (const Spec* spec = selection_.spec_of(wish.unit); folder_ && spec && code == exit_success) {
            auto after = find_standings(session_.event(), {spec}, *folder_);
            if (!after) return tl::unexpected(after.error());
            if ((*after)[0].kind != Standing::Kind::current) {
                code = exit_not_wanted;
                outcome = verdict_word(JobVerdict::not_wanted);
                detail = (*after)[0].text();
                if (!invocation_.json) print(wish.unit + ": " + detail + "\n");
            }
        }
        list_.push(Json::object().set("unit", wish.unit).set("outcome", outcome).set("detail", detail));
        stop_ = code != exit_success && !(held && code == exit_not_wanted);
        if (code != exit_success && !invocation_.json) {
            if (interrupted_) print_to_stderr("no longer following; a job that was asked for goes on\n");
            print_to_stderr(closing_lines(*end, session_.manager().target()));
        }
        return code;
    }

    void say(const std::string& unit, const std::string& outcome, const std::string& text) {
        if (!invocation_.json) print(unit + ": " + text + "\n");
        list_.push(Json::object().set("unit", unit).set("outcome", outcome).set("detail", text));
    }

    void tell_left(std::span<const Wish> wishes) {
        std::vector<std::string> units;
        for (const Wish& wish : wishes) {
            units.push_back(wish.unit);
            list_.push(Json::object().set("unit", wish.unit).set("outcome", "left").set("detail", Json()));
        }
        if (!units.empty() && !invocation_.json)
            print_to_stderr("not looked at: " + some_of(units) +
                            (interrupted_ ? "" : " ('--keep-going' goes on)") + "\n");
    }

    int halt(const std::string& unit, const std::string& outcome, const std::string& text) {
        say(unit, outcome, text);
        stop_ = true;
        return exit_failure;
    }

    Session& session_;
    const Selection& selection_;
    const Invocation& invocation_;
    std::optional<std::string> folder_; // of the state, where it is at hand
    Json list_ = Json::array();
    int code_ = exit_success;
    bool stop_ = false, interrupted_ = false;
};

} // namespace

int reconcile_verb(const Invocation& invocation) {
    return with_selection(invocation, Reach::named, [&](Session& session, const Selection& selection) {
        Reconcile work(session, selection, invocation);
        auto code = work.run();
        int result = code ? *code : failed(code.error());
        if (!invocation.json) return result;
        Json all = Json::object().set("units", work.json()).set("interrupted", work.interrupted());
        return std::max(result, print(all.dump(2) + "\n"));
    });
}

} // namespace unitgate

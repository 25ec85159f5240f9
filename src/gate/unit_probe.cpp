// SPDX-License-Identifier: MIT
#include "gate/unit_probe.hpp"

#include <utility>

#include "io/event.hpp"

namespace unitgate {

namespace {

class UnitProber : public Prober {
  public:
    using Judge = std::function<TryResult(const UnitState&)>;
    UnitProber(const Event& event, std::string unit, Duration timeout, std::shared_ptr<UnitWatch> units,
               Judge judge)
        : event_(event), unit_(std::move(unit)), timeout_(timeout), units_(std::move(units)),
          judge_(std::move(judge)), told_(std::make_shared<const UnitWatch::Told>([this] { on_news(); })) {
        units_->follow(unit_, told_);
    }

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        began_ = Clock::now();
        units_->connect();
        if (auto result = answer()) return result;
        done_ = std::move(done);
        timer_ = needed(add_timer(event_, began_ + timeout_, [this] {
            finish(failed_for(Cause::bus, "systemd did not answer within " + format_duration(timeout_)));
        }));
        return std::nullopt;
    }
    void on_change(std::function<void()> changed) override { changed_ = std::move(changed); }
    std::string target() const override { return "unit " + unit_; }

  private:
    // What is known now; nothing while that is being read. Notes what it says.
    std::optional<TryResult> answer() {
        std::optional<TryResult> result;
        if (const UnitState* state = units_->state(unit_))
            result = judge_(*state);
        else if (const Error* trouble = units_->trouble())
            result = failed_for(Cause::bus, trouble->message);
        if (!result) return result;
        // Without a connection nobody tells: then trying again is what brings it back.
        result->told = result->cause != Cause::bus;
        result->took = std::chrono::duration_cast<Duration>(Clock::now() - began_);
        last_ = result;
        return result;
    }

    // From within the connection's callback, which a try's end may destroy: so at the loop's next turn.
    void on_news() {
        if (done_) {
            soon_ = needed(add_defer(event_, [this] {
                if (auto result = answer()) finish(*std::move(result));
            }));
        } else if (const UnitState* state = units_->state(unit_); changed_ && last_) {
            TryResult now = state ? judge_(*state) : failed_for(Cause::bus, {});
            if (now.cause != last_->cause || now.hopeless != last_->hopeless) changed_();
        }
    }

    void finish(TryResult result) {
        timer_.reset();
        soon_.reset();
        std::exchange(done_, nullptr)(std::move(result)); // may destroy this
    }

    const Event& event_;
    std::string unit_;
    Duration timeout_;
    std::shared_ptr<UnitWatch> units_;
    Judge judge_;
    std::shared_ptr<const UnitWatch::Told> told_;
    std::function<void(TryResult)> done_; // of a try in flight
    std::function<void()> changed_;
    std::optional<TryResult> last_; // of the last try that was answered
    Instant began_{};
    Source timer_, soon_;
};

} // namespace

std::unique_ptr<Prober> make_unit_prober(const Event& event, const UnitProbe& probe, Duration timeout,
                                         std::shared_ptr<UnitWatch> units) {
    return std::make_unique<UnitProber>(event, probe.unit, timeout, std::move(units), judge_unit);
}

std::unique_ptr<Prober> make_life_prober(const Event& event, const std::string& unit, Duration timeout,
                                         std::shared_ptr<UnitWatch> units) {
    auto judge = [was_up = false](const UnitState& state) mutable {
        was_up = was_up || state.is_up();
        return judge_life(state, was_up);
    };
    return std::make_unique<UnitProber>(event, unit, timeout, std::move(units), judge);
}

TryResult judge_unit(const UnitState& state) {
    if (state.is_up()) return {};
    if (state.load_state == "not-found") return failed_for(Cause::missing, "there is no such unit");
    if (state.load_state == "masked") return failed_for(Cause::missing, "the unit is masked");
    if (state.load_state != "loaded")
        return failed_for(Cause::missing, "the unit can't be loaded" +
                                              (state.load_error.empty() ? "" : ": " + state.load_error));
    if (state.active_state == "failed") {
        TryResult result = failed_for(
            Cause::failed, "the unit has failed" + (state.result.empty() ? "" : " (" + state.result + ")"));
        result.hopeless = state.job == 0; // else it is about to be started again
        return result;
    }
    return failed_for(Cause::inactive, "the unit is " + state.active_state);
}

// A unit on its way up, be it by its own restart policy, is alive.
TryResult judge_life(const UnitState& state, bool was_up) {
    TryResult result = judge_unit(state);
    if (result.cause != Cause::inactive) return result;
    if (state.active_state != "inactive" || !was_up || state.job != 0) return {};
    result.detail = "the unit has ended";
    result.hopeless = true;
    return result;
}

} // namespace unitgate

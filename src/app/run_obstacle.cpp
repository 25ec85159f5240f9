// SPDX-License-Identifier: MIT
#include "app/run_obstacle.hpp"

#include <algorithm>
#include <utility>

namespace unitgate {

namespace {

using namespace std::chrono_literals;

constexpr Duration connect_after = 500ms; // of failures
constexpr Duration judge_after = 1s;      // of failures: shorter ones prove nothing
constexpr Duration longest_pause = 30s;   // between two questions; the first comes at `judge_after`

} // namespace

ObstacleWatch::ObstacleWatch(const Event& event, const SpecPath& where, const Spec& spec,
                             std::string invocation, std::function<void(const Obstacle&)> found)
    : event_(event), where_(where), spec_(spec), invocation_(std::move(invocation)),
      found_(std::move(found)) {}

void ObstacleWatch::progress(const GateReport& report) {
    const Instant now = Clock::now();
    for (const ProbeReport& probe : report.probes)
        if (probe.answered && !probe.last.passed())
            failing_since_.try_emplace(probe.name, now);
        else if (probe.answered)
            failing_since_.erase(probe.name);
    if (!useless_ && !timer_ && !asking_ && !due_ && !failing_since_.empty()) {
        pause_ = judge_after - connect_after;
        wake_at(now + (manager_ ? judge_after : connect_after));
    }
}

void ObstacleWatch::wake_at(Instant at) {
    if (Result<Source> timer = add_timer(event_, at, [this] { look(); })) timer_ = std::move(*timer);
}

// The first time it only connects, so that the answer is there at once when it is time to judge.
void ObstacleWatch::look() {
    timer_.reset();
    if (useless_ || failing_since_.empty()) return;
    if (!manager_) {
        connect();
        return wake_at(Clock::now() + pause_);
    }
    if (!manager_->is_up())
        due_ = true;
    else
        ask();
}

void ObstacleWatch::connect() {
    LoadedSpecs loaded = load_specs(where_);
    for (Spec& spec : loaded.specs)
        if (spec.name != spec_.name) specs_.push_back(std::move(spec));
    specs_.push_back(spec_); // as this run goes by it, whatever its file says by now
    finder_.emplace(specs_, specs_.back());

    ManagerEvents events;
    events.up = [this] {
        if (std::exchange(due_, false)) ask();
    };
    events.lost = [this] {
        if (std::exchange(asking_, false)) due_ = true;
    };
    events.gone = [this](const Error&) { useless_ = true; };
    manager_.emplace(event_, own_bus(), std::move(events));
    if (!manager_->connect()) useless_ = true;
}

void ObstacleWatch::ask() {
    asking_ = true;
    ask_job_facts(*manager_, spec_.unit.name, invocation_, finder_->servers(),
                  [this](const BusResult<JobFacts>& facts) {
                      if (!asking_) return; // asked again after a lost connection
                      asking_ = false;
                      useless_ = useless_ || (facts && !facts->ours);
                      if (useless_) return;
                      if (facts) judge(*facts);
                      pause_ = std::min(pause_ * 2, longest_pause);
                      wake_at(Clock::now() + pause_);
                  });
}

void ObstacleWatch::judge(const JobFacts& facts) {
    Obstacle now = finder_->find(failing(Clock::now()), facts.now);
    if (now == last_) return;
    last_ = std::move(now);
    // Not from within the connection's callback, which it may end.
    if (Result<Source> soon = add_defer(event_, [this] {
            auto found = found_; // may destroy this
            found(Obstacle(last_));
        }))
        tell_ = std::move(*soon);
}

std::vector<std::string> ObstacleWatch::failing(Instant now) const {
    std::vector<std::string> probes;
    for (const auto& [probe, since] : failing_since_)
        if (now - since >= judge_after) probes.push_back(probe);
    return probes;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/try_loop.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <utility>

#include <unistd.h>

namespace unitgate {

namespace {

// CPU time of the whole process: resolver threads of libcurl are part of what a try costs.
Duration cpu_time() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                std::chrono::nanoseconds(now.tv_nsec));
}

constexpr std::size_t few = 10; // loops may each behave as if they were alone

} // namespace

Duration turn_of(std::size_t loops, std::uint32_t process) {
    if (loops <= few) return std::chrono::milliseconds(1);
    return std::chrono::microseconds(500) * loops * (process * 619U % 1024U) / 1024;
}

TryLoop::TryLoop(const Event& event, Probers probers, Rule rule)
    : event_(event), probers_(std::move(probers.probers)), rule_(std::move(rule)) {
    for (std::size_t i = 0; i < probers_.size(); ++i)
        reports_.push_back({probers.names.at(i), probers_[i]->target(), {}, false, 0, probers.roles.at(i)});
}

std::shared_ptr<TryLoop> TryLoop::create(const Event& event, Probers probers, Rule rule) {
    std::shared_ptr<TryLoop> made(new TryLoop(event, std::move(probers), std::move(rule)));
    for (std::size_t i = 0; i < made->probers_.size(); ++i)
        made->probers_[i]->on_change([weak = std::weak_ptr(made), i] {
            if (auto self = weak.lock(); self && !self->over_) self->on_change(i);
        });
    return made;
}

void TryLoop::begin(Next first) {
    spent_ = cpu_time();
    due_ = std::move(first.tries);
    arm_wake(first.wake);
    go_on_soon();
}

void TryLoop::halt() {
    over_ = true;
    wake_.reset();
    soon_.reset();
    second_look_.reset();
}

void TryLoop::stop() {
    halt();
    listeners_.reset();
    probers_.clear();
}

void TryLoop::set_last(std::size_t probe, TryResult result) {
    reports_[probe].last = std::move(result);
    reports_[probe].answered = true;
}

void TryLoop::share_with(std::size_t loops) {
    sharing_ = loops;
}

std::optional<TryResult> TryLoop::try_probe(std::size_t probe) {
    reports_[probe].tries++;
    return probers_[probe]->start([weak = weak_from_this(), probe](TryResult result) {
        auto self = weak.lock();
        if (!self || self->over_) return;
        bool news = self->take(probe, std::move(result));
        self->carry_out(self->rule_.on_result(probe, self->reports_[probe].last, Clock::now()), news);
    });
}

// Notes what a try came to; says whether that is news. The CPU time since the last try of any probe ended
// counts as this try's: the loop's own work is in it.
bool TryLoop::take(std::size_t probe, TryResult result) {
    Duration cpu = cpu_time();
    result.cost = std::max(result.cost, cpu - std::exchange(spent_, cpu));
    if (sharing_ > few) result.cost = result.cost * sharing_ / few;
    if (result.pace == Pace::watched && !relies_on_watch()) result.pace = Pace::plain;
    const ProbeReport& before = reports_[probe];
    bool news = !before.answered || before.last.cause != result.cause || before.last.status != result.status;
    set_last(probe, std::move(result));
    return news;
}

// Only ever called from the loop, by one who holds a reference: the rule's last word may drop this.
void TryLoop::carry_out(Next next, bool news) {
    std::vector<std::size_t> tries = std::move(next.tries);
    for (std::size_t probe : tries) {
        if (next.over) break;
        auto result = try_probe(probe);
        if (!result) continue;
        news |= take(probe, *std::move(result));
        next = rule_.on_result(probe, reports_[probe].last, Clock::now());
        due_.insert(due_.end(), next.tries.begin(), next.tries.end());
    }
    if (next.over) {
        over_ = true;
        return rule_.after(news);
    }
    watch_listeners();
    if (!due_.empty()) go_on_soon(); // already: the loop must get its turn between two tries
    arm_wake(next.wake);
    rule_.after(news);
}

void TryLoop::go_on() {
    auto self = shared_from_this();
    Next next = rule_.on_time(Clock::now());
    next.tries.insert(next.tries.end(), due_.begin(), due_.end());
    due_.clear();
    carry_out(std::move(next), false);
}

void TryLoop::go_on_soon() {
    soon_ = needed(add_defer(event_, [this] { go_on(); }));
}

// At the loop's next turn: the prober may be in the middle of something.
void TryLoop::on_change(std::size_t probe) {
    auto tries = rule_.on_change(probe, Clock::now()).tries;
    due_.insert(due_.end(), tries.begin(), tries.end());
    go_on_soon();
}

bool TryLoop::is_refused(std::size_t probe) const {
    return reports_[probe].answered && reports_[probe].last.cause == Cause::refused;
}

// Where the kernel does not let this process watch, polling has to do, as it does beside the watch anyway.
void TryLoop::watch_listeners() {
    if (listeners_ || !rule_.eager) return;
    for (std::size_t i = 0; i < reports_.size() && !listeners_; ++i)
        if (is_refused(i)) listeners_ = ListenWatch::open(event_, [this] { on_listen(); });
}

// For a moment after something has begun to listen, what is still refused is asked as often as without the
// watch: on a busy machine the kernel may take its time between telling and taking connections.
bool TryLoop::relies_on_watch() const {
    return listeners_ && *listeners_ && Clock::now() >= heard_at_ + std::chrono::milliseconds(100);
}

// What was refused may be accepted now: tried at once, but by one of many only when it is its turn, and once
// more in a moment, since the kernel tells of a socket just before it takes connections. The second look is
// also for all that begin to listen until then, however many.
void TryLoop::on_listen() {
    if (over_) return;
    heard_at_ = Clock::now();
    if (std::exchange(second_look_is_due_, true)) return;
    if (sharing_ <= few) try_refused();
    second_look_ =
        needed(add_timer(event_, heard_at_ + turn_of(sharing_, static_cast<std::uint32_t>(getpid())), [this] {
            second_look_is_due_ = false;
            try_refused();
        }));
}

void TryLoop::try_refused() {
    if (over_) return;
    for (std::size_t i = 0; i < reports_.size(); ++i)
        if (is_refused(i)) on_change(i);
}

void TryLoop::arm_wake(Instant at) {
    if (at == wake_at_) return;
    wake_at_ = at;
    if (!wake_)
        wake_ = needed(add_timer(event_, at, [this] {
            wake_at_.reset();
            go_on();
        }));
    else
        needed(set_timer(wake_, at));
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Drives probers in the event loop as a rule says, and keeps what their last tries came to. Owns the probers,
// through them their sockets, and the timer of the next try. Used by gate/gate and gate/watch, each with a
// rule of its own. Decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "gate/prober.hpp"
#include "gate/probers.hpp"
#include "gate/result.hpp"
#include "io/event.hpp"
#include "io/listen_watch.hpp"

namespace unitgate {

struct ProbeReport {
    std::string name;      // of the probe
    std::string target;    // see Prober::target
    TryResult last;        // of no meaning until `answered`
    bool answered = false; // a try of it has come to an end
    std::size_t tries = 0; // begun
    ProbeRole role = ProbeRole::counted;
    bool passes() const { return answered && last.passed(); }
};

// How long after something began to listen one of so many loops looks at it: soon, and of more than ten not
// all at once, as the queue of a listener is short (5 of a simple server). Processes that began together have
// numbers side by side, and those get turns far apart, within half a millisecond for each loop.
Duration turn_of(std::size_t loops, std::uint32_t process);

class TryLoop : public std::enable_shared_from_this<TryLoop> {
  public:
    struct Next {
        std::vector<std::size_t> tries; // to begin now
        Instant wake{};                 // when to ask on_time()
        bool over = false;              // nothing more is to be tried
    };
    struct Rule {
        std::function<Next(std::size_t probe, const TryResult&, Instant)> on_result;
        std::function<Next(Instant)> on_time;
        std::function<Next(std::size_t probe, Instant)> on_change;
        // When all that an event asked for has begun, and last when it is over. `news`: the cause or status
        // of a probe is another. It may stop the loop and drop it.
        std::function<void(bool news)> after;
        bool eager = false; // what is refused is tried at once when anything begins to listen, due or not
    };
    // `event` must outlive it.
    static std::shared_ptr<TryLoop> create(const Event& event, Probers probers, Rule rule);

    void begin(Next first); // once; the tries begin at the loop's next turn
    void halt();            // nothing more is tried, and the rule is asked nothing more
    void stop();            // the same, and what tries in flight hold is given back, which takes a moment
    const std::vector<ProbeReport>& reports() const { return reports_; }
    std::vector<std::unique_ptr<Prober>>& probers() { return probers_; }
    // How many loops like this wait on this host. More than ten pause longer and do not all connect in the
    // moment in which something begins to listen.
    void share_with(std::size_t loops);
    // For a try that is abandoned: what is to be told of it.
    void set_last(std::size_t probe, TryResult result);

  private:
    TryLoop(const Event& event, Probers probers, Rule rule);
    std::optional<TryResult> try_probe(std::size_t probe);
    bool take(std::size_t probe, TryResult result);
    void carry_out(Next next, bool news);
    void go_on();
    void go_on_soon();
    void on_change(std::size_t probe);
    void arm_wake(Instant at);
    bool is_refused(std::size_t probe) const;
    bool relies_on_watch() const;
    void watch_listeners();
    void on_listen();
    void try_refused();

    const Event& event_;
    std::vector<std::unique_ptr<Prober>> probers_;
    std::vector<ProbeReport> reports_;
    Rule rule_;
    bool over_ = false;
    std::size_t sharing_ = 1; // see share_with()
    Duration spent_{0};       // CPU time of this process when the last try ended
    std::optional<Instant> wake_at_;
    Source wake_, soon_;
    std::vector<std::size_t> due_;                                  // to be tried at the loop's next turn
    std::optional<Result<std::unique_ptr<ListenWatch>>> listeners_; // from the first closed port on
    Source second_look_;
    bool second_look_is_due_ = false;
    Instant heard_at_{}; // when something began to listen
};

} // namespace unitgate

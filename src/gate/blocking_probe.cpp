// SPDX-License-Identifier: MIT
#include "gate/blocking_probe.hpp"

#include <utility>

#include "io/background.hpp"
#include "io/event.hpp"

namespace unitgate {

namespace {

class BlockingProber : public Prober {
  public:
    BlockingProber(const Event& event, std::string target, Duration timeout,
                   std::function<TryResult(bool)> ask, TryResult late)
        : event_(event), target_(std::move(target)), timeout_(timeout), ask_(std::move(ask)),
          late_(std::move(late)), background_(event) {}

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        began_ = Clock::now();
        done_ = std::move(done);
        timer_ = needed(add_timer(event_, began_ + timeout_, [this] { finish(late_, Clock::now()); }));
        if (background_.is_running()) return std::nullopt;
        auto answer = std::make_shared<Answer>();
        auto begun = background_.start(
            [answer, ask = ask_, inspects = inspects_] {
                answer->result = ask(inspects);
                answer->at = Clock::now(); // the loop may be busy and hear of it late
            },
            [this, answer] {
                if (done_) finish(std::move(answer->result), answer->at);
            });
        if (begun) return std::nullopt;
        timer_.reset();
        done_ = nullptr;
        TryResult result = late_;
        result.detail = begun.error().message;
        return result;
    }
    void inspect() override { inspects_ = true; }
    std::string target() const override { return target_; }

  private:
    struct Answer {
        TryResult result;
        Instant at{};
    };

    void finish(TryResult result, Instant at) {
        timer_.reset();
        result.took = std::chrono::duration_cast<Duration>(at - began_);
        std::exchange(done_, nullptr)(std::move(result)); // may destroy this
    }

    const Event& event_;
    std::string target_;
    Duration timeout_;
    std::function<TryResult(bool)> ask_;
    TryResult late_;
    bool inspects_ = false;
    Background background_;
    std::function<void(TryResult)> done_; // of a try in flight
    Source timer_;
    Instant began_{};
};

} // namespace

std::unique_ptr<Prober> make_blocking_prober(const Event& event, std::string target, Duration timeout,
                                             std::function<TryResult(bool)> ask, TryResult late) {
    return std::make_unique<BlockingProber>(event, std::move(target), timeout, std::move(ask),
                                            std::move(late));
}

} // namespace unitgate

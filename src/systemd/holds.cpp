// SPDX-License-Identifier: MIT
#include "systemd/holds.hpp"

#include <algorithm>
#include <utility>

#include "systemd/manager.hpp"

namespace unitgate {

namespace {

using namespace std::chrono_literals;

constexpr Duration first_pause = 10ms, longest_pause = 500ms; // between two tries to come back

} // namespace

Holds::Holds(const Event& event, BusTarget target, ManagerConnection& shared)
    : event_(event), target_(std::move(target)), shared_(shared), own_(event) {}

void Holds::forget_open() {
    open_ = 0;
    ++round_;
}

void Holds::use_own_connection() {
    is_own_ = true;
    pause_ = first_pause;
    open();
}

void Holds::use_shared_connection() {
    is_own_ = false;
    own_.close();
    again_.reset();
    held_.clear();
    asked_.clear();
    forget_open();
    kept_ = true;
}

void Holds::open() {
    forget_open();
    kept_ = true;
    Status opened = own_.open_bus(target_);
    if (opened) opened = own_.on_end([this] { try_again(); });
    if (!opened) return try_again();
    ask_all();
}

// A bus that comes up late, or anew, is worth a hold for what still is to be started.
void Holds::try_again() {
    kept_ = false;
    auto timer = add_timer(event_, Clock::now() + pause_, [this] {
        again_.reset();
        own_.is_open() ? ask_all() : open();
    });
    if (timer) again_ = std::move(*timer);
    pause_ = std::min(pause_ * 2, longest_pause);
    answered();
}

void Holds::hold(const std::string& unit) {
    if (!held_.insert(unit).second) return;
    asked_.insert(unit);
    if (!is_own_ || (own_.is_open() && !again_)) ask(unit);
}

void Holds::ask_all() {
    kept_ = true;
    for (const auto& unit : asked_)
        ask(unit);
}

void Holds::ask(const std::string& unit) {
    ++open_;
    connection().call({manager_service, manager_path, manager_interface, "RefUnit", {unit}},
                      [this, round = round_](BusResult<BusReader> reply) {
                          if (round == round_) --open_;
                          if (reply || !reply.error().is_gone()) silent_ = false;
                          if (!reply) {
                              kept_ = false; // others than root may not
                              // The bus is there, the manager not yet: it has just been restarted.
                              if (is_own_ && own_.is_open() && !again_ && reply.error().is_gone())
                                  return try_again();
                          }
                          answered();
                      });
}

void Holds::answered() {
    if (open_ > 0 || done_.empty()) return;
    patience_.reset();
    // Not from within a call of hold().
    auto soon = add_defer(event_, [this] {
        soon_.reset();
        for (const auto& done : std::exchange(done_, {}))
            done();
    });
    if (soon) soon_ = std::move(*soon);
}

void Holds::when_answered(std::function<void()> done) {
    done_.push_back(std::move(done));
    auto timer = add_timer(event_, Clock::now() + patience, [this] {
        kept_ = false;
        silent_ = true;
        forget_open();
        answered();
    });
    if (timer) patience_ = std::move(*timer);
    answered();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// One call of the C library that may block, made in a thread of its own so that the loop goes on:
// getaddrinfo(3), stat(2) on a file system of another host. Never more than one at a time. A call that hangs
// is not waited for, and its thread ends whenever the call does.
#pragma once

#include <functional>
#include <memory>

#include "base/error.hpp"
#include "io/event.hpp"

namespace unitgate {

class Background {
  public:
    // `event` must outlive it.
    explicit Background(const Event& event) : event_(event) {}

    bool is_running() const { return running_ != nullptr; }
    // Only while none is running. `call` runs in the thread and may go on after this object is gone: it owns
    // what it touches. `done` comes from the loop once it has returned; it may destroy this object.
    Status start(std::function<void()> call, std::function<void()> done);

  private:
    struct Running;
    const Event& event_;
    std::shared_ptr<Running> running_;
    Source ended_;
};

} // namespace unitgate

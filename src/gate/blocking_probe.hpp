// SPDX-License-Identifier: MIT
// A probe whose question is one call that may block. It is asked in a thread; a call that outlives its try's
// time-out is not asked a second time, and what it says in the end is the next try's answer. Used by the
// `file` and `dns` probes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gate/prober.hpp"

namespace unitgate {

// `ask` runs in a thread and owns what it touches; it is told whether a person wants evidence. `late` is what
// a try comes to that is not answered within `timeout`.
std::unique_ptr<Prober> make_blocking_prober(const Event& event, std::string target, Duration timeout,
                                             std::function<TryResult(bool inspects)> ask, TryResult late);

} // namespace unitgate

// SPDX-License-Identifier: MIT
// A probe with not = true: passes where what it asks is not there. Only a failure that is an answer counts: a
// try that could not be made (a name that does not resolve, a certificate, a time-out) proves nothing and
// fails as what it is. Made by gate/probers and gate/prove around the probe itself.
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

enum class NotOf { file, other }; // a file that is missing is not there; a unit may be misspelt
NotOf not_of(const Probe& probe);

// What such a probe makes of a try's result.
TryResult turned_around(TryResult result, NotOf kind);

std::unique_ptr<Prober> make_not_prober(std::unique_ptr<Prober> inner, NotOf kind);

// Whether a failure for this cause shows that what was asked is not there.
bool is_answer(Cause cause, NotOf kind);

} // namespace unitgate

// SPDX-License-Identifier: MIT
// What went wrong below, as a probe tells it. Called by the probes that connect to something.
#pragma once

#include "base/time.hpp"
#include "gate/result.hpp"
#include "io/curl.hpp"

namespace unitgate {

Cause cause_of(HttpFailure failure);
// `error` of a connection that had `timeout` to be made: 0 is a pass.
TryResult judge_connection(int error, Duration timeout);

} // namespace unitgate

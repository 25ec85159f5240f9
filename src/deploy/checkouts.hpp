// SPDX-License-Identifier: MIT
// Whether the git checkouts that specs deploy from are on the branch they should be on, and not behind it as
// last fetched: checkout-stale. Asks git(1), which must not be made to do anything: it never fetches, runs no
// hook, no filter and no program that a checkout's own config names, and looks into no checkout of a user who
// is neither root nor the caller. What cannot be looked at is said, as not-checked. Called by verify alone.
#pragma once

#include <span>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "spec/model.hpp"

namespace unitgate {

// Each call of git has `timeout`. Fails when there is no event loop to be had, or it fails.
Result<Diagnostics> find_stale_checkouts(std::span<const Spec> specs,
                                         Duration timeout = std::chrono::seconds(10));

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Which units are asked for by name, and which come with the job of another one. A start job brings jobs for
// what its unit requires, in one transaction; a call for each of those would make the manager merge and
// announce all their jobs again with every call: some 5,000 signals for a chain of 100 units. Pure.
#pragma once

#include <cstddef>
#include <vector>

namespace unitgate {

struct JobRow;

inline constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct AskedFor {
    std::size_t row = 0;
    std::size_t carrier = nobody; // the row whose job brings this one's; nobody: it is asked for by name
};

// In the order in which they are to be asked for; needs every undecided row's state from before. A unit waits
// only for jobs that are there, so whatever stands before a unit that is asked for has its job before or with
// it. Of one that is carried this holds only as far as its carrier stands behind it.
std::vector<AskedFor> who_to_ask(const std::vector<JobRow>& rows);

} // namespace unitgate

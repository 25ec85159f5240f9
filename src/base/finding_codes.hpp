// SPDX-License-Identifier: MIT
// The codes of findings, each with its severity and what it means: the one table that unitgate(1) is held
// against. A code never changes its meaning: people script against it. Constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace unitgate {

struct FindingCode {
    std::string_view code;
    Severity severity;
    std::string_view meaning; // a clause, begins in lower case, no full stop
};

std::span<const FindingCode> finding_codes(); // in the order of the manual

// A diagnostic with the severity that the table has for `code`, which must stand in it.
Diagnostic finding(const Place& place, std::string_view code, std::string cause, std::string remedy = {});

} // namespace unitgate

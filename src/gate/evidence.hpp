// SPDX-License-Identifier: MIT
// What one try met on its way, for a person who asks why it came out as it did. Gathered for the verbs
// `probe` and `prove` alone (Prober::inspect), as a gate that polls has no use for it. Never reaches the
// journal, an alert or a status text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/curl.hpp"

namespace unitgate {

// One rule of a probe against the answer.
struct Compared {
    std::string what; // "status", "body", "json /Version"
    std::string wanted;
    std::string got; // the value compared, never another part of the answer; empty where there is none
    bool matches = false;
};

struct Evidence {
    HttpTrace trace; // times count from the start of the try
    std::vector<Compared> compared;
    std::string output; // the end of what a command printed
    std::string body;   // the first 64 KiB, to be served again by `prove`; never shown
};

// Of a probe that has nothing else to show.
inline std::shared_ptr<const Evidence> evidence_of(std::vector<Compared> compared) {
    Evidence evidence;
    evidence.compared = std::move(compared);
    return std::make_shared<Evidence>(std::move(evidence));
}

} // namespace unitgate

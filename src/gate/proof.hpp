// SPDX-License-Identifier: MIT
// What a proof of a gate comes to: a row for each server that the gate's probes were tried against. Made by
// gate/prove, shown by report/proof_text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/result.hpp"

namespace unitgate {

enum class Grade {
    held,   // a broken server failed, or the healthy one passed
    hole,   // a broken server got through, or the healthy one did not
    advice, // one got through that a plain status can't tell from a healthy one
    not_shown,
};
std::string_view grade_word(Grade grade); // "held", "hole", "advice", "not-shown"

struct ProofRow {
    std::string server; // what it is like: "answers 404"
    Grade grade = Grade::not_shown;
    TryResult result; // of no meaning where nothing was tried
    std::string key;  // of the probe, closes a hole or follows an advice; empty: none does
    std::string note; // what to do, why it is not shown, or what was changed for the proof
};

struct ProbeProof {
    std::string name, target;
    std::vector<ProofRow> rows;
};

struct ProofCount {
    std::size_t held = 0, holes = 0, advices = 0, not_shown = 0;
};
ProofCount count_rows(const std::vector<ProbeProof>& probes);

} // namespace unitgate

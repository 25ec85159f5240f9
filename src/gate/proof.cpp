// SPDX-License-Identifier: MIT
#include "gate/proof.hpp"

namespace unitgate {

std::string_view grade_word(Grade grade) {
    switch (grade) {
    case Grade::held:
        return "held";
    case Grade::hole:
        return "hole";
    case Grade::advice:
        return "advice";
    case Grade::not_shown:
        break;
    }
    return "not-shown";
}

ProofCount count_rows(const std::vector<ProbeProof>& probes) {
    ProofCount count;
    for (const ProbeProof& probe : probes)
        for (const ProofRow& row : probe.rows) {
            count.held += row.grade == Grade::held;
            count.holes += row.grade == Grade::hole;
            count.advices += row.grade == Grade::advice;
            count.not_shown += row.grade == Grade::not_shown;
        }
    return count;
}

} // namespace unitgate

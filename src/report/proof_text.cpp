// SPDX-License-Identifier: MIT
#include "report/proof_text.hpp"

#include <algorithm>

#include "report/probe_text.hpp"

namespace unitgate {

namespace {

std::string_view shown_grade(Grade grade) {
    switch (grade) {
    case Grade::held:
        return "held";
    case Grade::hole:
        return "HOLE";
    case Grade::advice:
        return "advice";
    case Grade::not_shown:
        break;
    }
    return "not shown";
}

std::string outcome(const TryResult& result) {
    std::string text(cause_name(result.cause));
    if (result.status && result.cause == Cause::status) text += " " + std::to_string(result.status);
    return text;
}

std::string column(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return "  " + text;
}

std::string row_text(const ProofRow& row, std::size_t width) {
    std::string text = column(std::string(shown_grade(row.grade)), 9) + column(row.server, width);
    if (row.grade != Grade::not_shown)
        text += column(outcome(row.result), 11) + "  " + fine_duration(row.result.took);
    text.erase(text.find_last_not_of(' ') + 1);
    if (row.grade == Grade::held && !row.note.empty()) text += "  (" + row.note + ")";
    text += "\n";
    if (row.grade == Grade::hole && !row.result.passed()) text += "             " + row.result.detail + "\n";
    if (row.grade == Grade::held || row.note.empty()) return text;
    return text + "             " + (row.key.empty() ? "" : "key '" + row.key + "': ") + row.note + "\n";
}

std::string counted(std::size_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

} // namespace

std::string proof_text(const std::vector<ProbeProof>& probes) {
    std::string text;
    for (const ProbeProof& probe : probes) {
        text += probe.name + "  " + probe.target + "\n";
        std::size_t width = 0;
        for (const ProofRow& row : probe.rows)
            if (row.grade != Grade::not_shown) width = std::max(width, row.server.size());
        for (const ProofRow& row : probe.rows)
            text += row_text(row, width);
    }
    ProofCount count = count_rows(probes);
    text += counted(count.holes, "hole", "holes") + ", " + counted(count.advices, "advice", "advices") +
            ", " + std::to_string(count.held) + " held";
    if (count.not_shown) text += ", " + std::to_string(count.not_shown) + " not shown";
    return text + "\n";
}

Json proof_json(const std::vector<ProbeProof>& probes) {
    Json list = Json::array();
    for (const ProbeProof& probe : probes) {
        Json rows = Json::array();
        for (const ProofRow& row : probe.rows) {
            bool tried = row.grade != Grade::not_shown;
            rows.push(
                Json::object()
                    .set("server", row.server)
                    .set("grade", grade_word(row.grade))
                    .set("passed", tried ? Json(row.result.passed()) : Json())
                    .set("cause", tried && !row.result.passed() ? Json(cause_name(row.result.cause)) : Json())
                    .set("status", row.result.status ? Json(row.result.status) : Json())
                    .set("detail", text_or_null(row.result.detail))
                    .set("seconds",
                         tried ? Json(std::chrono::duration<double>(row.result.took).count()) : Json())
                    .set("key", text_or_null(row.key))
                    .set("note", text_or_null(row.note)));
        }
        list.push(Json::object().set("name", probe.name).set("target", probe.target).set("rows", rows));
    }
    return list;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "app/diagnostics.hpp"

namespace unitgate {

namespace {

Json number_or_null(std::uint32_t number) {
    return number == 0 ? Json() : Json(std::int64_t{number});
}

} // namespace

Json diagnostics_json(const Diagnostics& all) {
    Json list = Json::array();
    for (const Diagnostic& one : all) {
        Json row = Json::object();
        row.set("severity", one.severity == Severity::error ? "error" : "warning")
            .set("code", one.code)
            .set("path", text_or_null(one.path))
            .set("line", number_or_null(one.line))
            .set("column", number_or_null(one.line == 0 ? 0 : one.column))
            .set("units", json_list(one.units))
            .set("cause", one.cause)
            .set("notes", json_list(one.notes))
            .set("remedy", text_or_null(one.remedy));
        list.push(row);
    }
    return list;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "app/rehearse_report.hpp"

#include <algorithm>

#include "report/job_lines.hpp"

namespace unitgate {

namespace {

std::string outcome_of(const AppTry& app) {
    switch (app.state) {
    case AppTry::State::up:
        return "answered on, as apps outlive their units";
    case AppTry::State::down:
        return "really down";
    case AppTry::State::unknown:
        break;
    }
    return "not known: " + app.detail;
}

std::string verdict_line(const RehearsalEnd& end) {
    if (end.verdict == "up")
        return end.unit + " came up without what is ordered after it, in " +
               format_duration(std::chrono::floor<std::chrono::milliseconds>(end.took)) + "\n";
    if (end.verdict == "interrupted") return "interrupted before " + end.unit + " was up\n";
    return end.unit +
           " did not come up on its wanted version without what is ordered after it: " + end.detail + "\n";
}

} // namespace

std::string rehearsal_text(const RehearsalEnd& end) {
    std::string text = verdict_line(end);
    if (!end.meanwhile.empty()) text += "the apps of the units that were stopped:\n";
    for (const AppTry& app : end.meanwhile)
        text += "  " + app.spec->name + ": " + outcome_of(app) + "\n";
    for (const auto& one : end.unhealthy)
        text += one + "\n";
    auto up = std::count_if(end.restored.begin(), end.restored.end(),
                            [](const JobRow& row) { return row.is_up(); });
    return text + std::to_string(up) + " of " + std::to_string(end.units) + " units are back" +
           (end.all_back ? "\n" : "; next: unitgate rehearse --restore\n");
}

Json rehearsal_json(const RehearsalEnd& end) {
    Json apps = Json::array(), restored = Json::array();
    for (const AppTry& app : end.meanwhile)
        apps.push(Json::object()
                      .set("name", app.spec->name)
                      .set("state", app_state_word(app.state))
                      .set("detail", text_or_null(app.detail)));
    for (const JobRow& row : end.restored)
        restored.push(job_json(row));
    return Json::object()
        .set("unit", end.unit)
        .set("verdict", end.verdict)
        .set("detail", text_or_null(end.detail))
        .set("seconds", std::chrono::duration<double>(end.took).count())
        .set("stopped", json_list(end.stopped))
        .set("apps", apps)
        .set("restored", restored)
        .set("all_back", end.all_back)
        .set("unhealthy", json_list(end.unhealthy));
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "report/status_table.hpp"

#include <algorithm>
#include <array>

#include "report/status.hpp"

namespace unitgate {

namespace {

constexpr std::size_t columns = 6;
using Line = std::array<std::string, columns>;

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string state_word(const StatusRow& row) {
    if (!row.state) return "unknown";
    if (row.state->load != "loaded") return or_dash(row.state->load); // "not-found", "masked", "bad-setting"
    return row.state->active + (row.state->sub.empty() ? "" : " (" + row.state->sub + ")");
}

std::string gate_word(const StatusRow& row) {
    if (!row.memory || !row.memory->last_gate) return "-";
    return format_duration(row.memory->last_gate->took) + " at " + row.memory->last_gate->at;
}

std::string alerts_word(const StatusRow& row, const StatusReport& report) {
    if (!report.alerts_known) return "?";
    const Passes& passes = report.passes;
    if (row.alerts.empty()) return "-";
    auto recovered = std::count_if(row.alerts.begin(), row.alerts.end(), [&](const auto& alert) {
        return recovered_at(alert, passes).has_value();
    });
    return std::to_string(row.alerts.size()) +
           (recovered ? " (" + std::to_string(recovered) + " recovered)" : "");
}

Line line_of(const StatusRow& row, const StatusReport& report) {
    std::string good = row.memory && row.memory->last_good ? row.memory->last_good->version : "";
    return {or_dash(row.unit), state_word(row), or_dash(row.standing ? row.standing->wanted : ""),
            or_dash(good),     gate_word(row),  alerts_word(row, report)};
}

// A version that failed and is in the way of what is wanted: not one that another has taken the place of
// since, or whose [deploy] was edited.
bool is_held(const StatusRow& row) {
    return row.memory && row.memory->held &&
           (!row.standing || row.standing->kind == Standing::Kind::held ||
            row.standing->kind == Standing::Kind::unknown);
}

BadNews news_of(const StatusRow& row) {
    return row.state && row.state->active == "active" ? bad_news(row.state->status_text) : BadNews();
}

// What a unit that is not active says of itself.
std::string own_words(const StatusRow& row) {
    if (!row.state || row.state->active == "active") return {};
    const std::string& text = row.state->status_text;
    // The manager keeps what a unit said before it was stopped.
    const bool outdated = row.state->active == "inactive" && (text.starts_with("up: ") || text == "stopped");
    return outdated ? "" : text;
}

// What a person should know of a row beside the table, each with what to type where there is something.
std::vector<std::string> notes_of(const StatusRow& row, const StatusReport& report) {
    std::vector<std::string> notes;
    const bool is_down = row.state && (row.state->active == "inactive" || row.state->active == "failed");
    if (!row.bad_spec.empty())
        notes.push_back("bad spec: " + row.bad_spec + " (unitgate verify " + row.name + ")");
    const BadNews news = news_of(row);
    if (std::string said = own_words(row); !said.empty()) notes.push_back(said);
    if (news.of == BadNews::Of::run) notes.push_back(news.text);
    if (news.of == BadNews::Of::watch)
        notes.push_back(news.text + " (unitgate probe" + report.options + " " + row.name + ")");
    if (news.of == BadNews::Of::run || (row.state && row.state->active == "failed"))
        notes.push_back("look: " + report.journal + " -b -e -u " + row.unit);
    if (is_held(row))
        notes.push_back("held: " + row.memory->held->release.version + " since " + row.memory->held->since +
                        ", " + std::string(reason_name(row.memory->held->reason)) + " (unitgate release" +
                        report.state_option + " " + row.name + ")");
    if (row.memory && row.memory->under_way)
        notes.push_back("a run is in step '" + std::string(phase_name(row.memory->under_way->phase)) +
                        "' since " + row.memory->under_way->since);
    if (row.standing && row.standing->kind == Standing::Kind::behind)
        notes.push_back("behind: " + row.standing->text() + " (unitgate " +
                        (is_down ? "start" : "reconcile") + report.options + " " + row.name + ")");
    if (row.stale)
        notes.push_back("stale: " + row.stale->cause +
                        (row.stale->remedy.empty() ? "" : " (" + row.stale->remedy + ")"));
    for (const auto& alert : row.alerts)
        notes.push_back("alert: " + alert.id);
    for (const auto& clause : row.unknown)
        notes.push_back("unknown: " + clause);
    return notes;
}

Json alerts_json(const std::vector<StoredAlert>& alerts, const Passes& passes) {
    Json list = Json::array();
    for (const auto& alert : alerts)
        list.push(alert_json(alert, passes));
    return list;
}

std::string_view standing_word(Standing::Kind kind) {
    switch (kind) {
    case Standing::Kind::current:
        return "current";
    case Standing::Kind::behind:
        return "behind";
    case Standing::Kind::held:
        return "held";
    case Standing::Kind::never_good:
        return "never-good";
    case Standing::Kind::unknown:
        break;
    }
    return "unknown";
}

std::string_view health_word(Health health) {
    switch (health) {
    case Health::fine:
        return "fine";
    case Health::waiting:
        return "waiting";
    case Health::trouble:
        break;
    }
    return "trouble";
}

void add_memory(Json& json, const std::optional<AppState>& memory) {
    Json good, held, gate, under_way;
    if (memory && memory->last_good)
        good =
            Json::object().set("version", memory->last_good->version).set("since", memory->last_good_since);
    if (memory && memory->held)
        held = Json::object()
                   .set("version", memory->held->release.version)
                   .set("reason", std::string(reason_name(memory->held->reason)))
                   .set("since", memory->held->since);
    if (memory && memory->last_gate)
        gate = Json::object()
                   .set("version", memory->last_gate->version)
                   .set("at", memory->last_gate->at)
                   .set("took_usec", std::int64_t{memory->last_gate->took.count()});
    if (memory && memory->under_way)
        under_way = Json::object()
                        .set("step", std::string(phase_name(memory->under_way->phase)))
                        .set("version", text_or_null(memory->under_way->version))
                        .set("since", memory->under_way->since);
    json.set("last_good", good).set("held", held).set("last_gate", gate).set("under_way", under_way);
}

} // namespace

Health health_of(const StatusRow& row) {
    bool failed = row.state && (row.state->load != "loaded" || row.state->active == "failed" ||
                                news_of(row).of != BadNews::Of::none);
    if (!row.bad_spec.empty() || row.stale || !row.unknown.empty() || !row.alerts.empty() || !row.state ||
        failed || is_held(row))
        return Health::trouble;
    bool behind = row.standing && row.standing->kind != Standing::Kind::current;
    return row.state->active == "active" && !behind ? Health::fine : Health::waiting;
}

Health health_of(const StatusReport& report) {
    Health worst = report.strays.empty() ? Health::fine : Health::trouble;
    for (const StatusRow& row : report.rows)
        worst = std::max(worst, health_of(row));
    return worst;
}

std::string status_table(const StatusReport& report) {
    std::vector<Line> lines{{"UNIT", "STATE", "WANTED", "LAST GOOD", "LAST GATE", "ALERTS"}};
    for (const StatusRow& row : report.rows)
        lines.push_back(line_of(row, report));
    std::array<std::size_t, columns> widths{};
    for (const Line& line : lines)
        for (std::size_t i = 0; i < columns; ++i)
            widths[i] = std::max(widths[i], line[i].size());
    std::string text;
    for (std::size_t k = 0; k < lines.size(); ++k) {
        Health health = k == 0 ? Health::fine : health_of(report.rows[k - 1]);
        text += health == Health::fine ? "  " : health == Health::waiting ? "- " : "* ";
        for (std::size_t i = 0; i < columns; ++i) {
            text += lines[k][i];
            if (i + 1 < columns) text += std::string(widths[i] - lines[k][i].size() + 2, ' ');
        }
        text += "\n";
        if (k > 0)
            for (const auto& note : notes_of(report.rows[k - 1], report))
                text += "    " + note + "\n";
    }
    if (!report.strays.empty()) text += "* alerts of apps without a spec:\n";
    for (const auto& alert : report.strays)
        text += "    alert: " + alert.id + "\n";
    std::array<std::size_t, 3> counts{};
    for (const StatusRow& row : report.rows)
        ++counts[static_cast<std::size_t>(health_of(row))];
    text += "\n" + std::to_string(report.rows.size()) + (report.rows.size() == 1 ? " unit: " : " units: ") +
            std::to_string(counts[0]) + " fine";
    if (counts[1]) text += ", " + std::to_string(counts[1]) + " not up or behind (-)";
    if (counts[2]) text += ", " + std::to_string(counts[2]) + " to be looked at (*)";
    return text + "\n";
}

Json status_json(const StatusReport& report) {
    Json units = Json::array();
    for (const StatusRow& row : report.rows) {
        Json json = Json::object()
                        .set("name", text_or_null(row.name))
                        .set("app", text_or_null(row.app))
                        .set("unit", text_or_null(row.unit))
                        .set("health", std::string(health_word(health_of(row))))
                        .set("load_state", row.state ? Json(row.state->load) : Json())
                        .set("active_state", row.state ? Json(row.state->active) : Json())
                        .set("sub_state", row.state ? Json(row.state->sub) : Json())
                        .set("status_text", row.state ? text_or_null(row.state->status_text) : Json())
                        .set("wanted", row.standing ? text_or_null(row.standing->wanted) : Json())
                        .set("standing", row.standing ? Json(standing_word(row.standing->kind)) : Json());
        add_memory(json, row.memory);
        json.set("alerts", report.alerts_known ? alerts_json(row.alerts, report.passes) : Json())
            .set("stale", row.stale ? Json::object()
                                          .set("code", row.stale->code)
                                          .set("cause", row.stale->cause)
                                          .set("remedy", text_or_null(row.stale->remedy))
                                    : Json())
            .set("bad_spec", text_or_null(row.bad_spec))
            .set("unknown", json_list(row.unknown));
        units.push(json);
    }
    return Json::object()
        .set("health", std::string(health_word(health_of(report))))
        .set("units", units)
        .set("stray_alerts", report.alerts_known ? alerts_json(report.strays, report.passes) : Json());
}

} // namespace unitgate

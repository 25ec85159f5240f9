// SPDX-License-Identifier: MIT
#include "spec/calendar.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"

namespace unitgate {

namespace {

// A unit's name has 255 bytes at most, and the alert unit's holds that of the deploy unit. systemd leaves out
// an OnFailure= whose name is longer, and nobody would tell of a killed run.
constexpr std::string_view alert_unit = "unitgate-alert@.service";
constexpr std::size_t longest_name = 255 - alert_unit.size();

Status check_service_name(std::string_view name) {
    if (auto ok = check_unit_name(name); !ok) return ok;
    if (!name.ends_with(".service"))
        return fail("is no service, and a deploy unit is one", "end it with .service");
    if (name.size() > longest_name)
        return fail("is longer than " + std::to_string(longest_name) + " bytes",
                    "shorten it: its alert unit is named after it, and no unit has a name of more than 255");
    return {};
}

Status check_schedule(std::string_view text) {
    if (auto ok = check_one_line(text); !ok) return ok;
    if (!is_calendar_event(text))
        return fail("is no calendar event",
                    "write one as systemd.time(7) has it, as \"daily\" or \"Mon 04:00\"; 'systemd-analyze "
                    "calendar' tells when it comes");
    return {};
}

} // namespace

void decode_unit(const Node* table, const Report& report, UnitSection& unit) {
    Reader in(table, "unit", report);
    if (in.text("name", unit.name, "bad-unit-name", check_service_name))
        unit.name_place = in.find("name")->place;
    struct {
        std::string_view key;
        Names* into;
    } const lists[] = {
        {"after", &unit.after},         {"before", &unit.before},
        {"wants", &unit.wants},         {"requires", &unit.requires_},
        {"requisite", &unit.requisite}, {"binds_to", &unit.binds_to},
        {"part_of", &unit.part_of},     {"conflicts", &unit.conflicts},
        {"wanted_by", &unit.wanted_by}, {"required_by", &unit.required_by},
    };
    for (const auto& list : lists)
        in.texts(list.key, *list.into, "bad-unit-name", check_unit_name);
    in.text("schedule", unit.schedule, "bad-schedule", check_schedule);
}

} // namespace unitgate

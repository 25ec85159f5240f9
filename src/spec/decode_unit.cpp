// SPDX-License-Identifier: MIT
#include "spec/calendar.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"

namespace unitgate {

namespace {

Status check_service_name(std::string_view name) {
    if (auto ok = check_unit_name(name); !ok) return ok;
    if (!name.ends_with(".service"))
        return fail("is no service, and a deploy unit is one", "end it with .service");
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

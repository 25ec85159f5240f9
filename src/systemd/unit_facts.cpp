// SPDX-License-Identifier: MIT
#include "systemd/unit_facts.hpp"

#include <csignal>
#include <cstdint>
#include <cstring>

#include "io/bus.hpp"
#include "io/event.hpp"

namespace unitgate {

namespace {

constexpr auto longest_wait = std::chrono::seconds(10);

BusCall get_all(const std::string& unit, const char* interface) {
    return {"org.freedesktop.systemd1",
            bus_path("/org/freedesktop/systemd1/unit", unit),
            "org.freedesktop.DBus.Properties",
            "GetAll",
            {interface},
            longest_wait};
}

} // namespace

std::string exit_code_word(int code) {
    switch (code) {
    case CLD_EXITED:
        return "exited";
    case CLD_KILLED:
        return "killed";
    case CLD_DUMPED:
        return "dumped";
    default:
        return {};
    }
}

std::string exit_status_word(int code, int status) {
    if (code == CLD_EXITED) return std::to_string(status);
    if (code != CLD_KILLED && code != CLD_DUMPED) return {};
    const char* name = ::sigabbrev_np(status);
    return name ? name : std::to_string(status);
}

UnitFacts unit_facts_from(const std::vector<BusProperty>& properties) {
    UnitFacts facts;
    std::int64_t code = 0, status = 0;
    static constexpr char digits[] = "0123456789abcdef";
    for (const BusProperty& property : properties) {
        if (property.name == "InvocationID") {
            if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&property.value))
                for (std::uint8_t byte : *bytes)
                    facts.invocation_id += {digits[byte >> 4], digits[byte & 15]};
        } else if (property.name == "ActiveState") {
            if (const auto* text = std::get_if<std::string>(&property.value)) facts.active_state = *text;
        } else if (property.name == "Result") {
            if (const auto* text = std::get_if<std::string>(&property.value)) facts.result = *text;
        } else if (property.name == "ExecMainCode") {
            if (const auto* number = std::get_if<std::int64_t>(&property.value)) code = *number;
        } else if (property.name == "ExecMainStatus") {
            if (const auto* number = std::get_if<std::int64_t>(&property.value)) status = *number;
        }
    }
    facts.exit_code = exit_code_word(static_cast<int>(code));
    facts.exit_status = exit_status_word(static_cast<int>(code), static_cast<int>(status));
    return facts;
}

Result<UnitFacts> ask_unit(const std::string& unit) {
    auto event = Event::create();
    if (!event) return tl::unexpected(event.error());
    auto bus = Bus::open(*event, own_bus());
    if (!bus) return tl::unexpected(bus.error());
    std::vector<BusProperty> all;
    Result<UnitFacts> answer;
    int missing = 2;
    auto done = [&](BusResult<BusReader> reply) {
        if (!reply) {
            answer = tl::unexpected(reply.error().as_error("cannot ask for '" + unit + "'"));
            missing = 0;
        } else {
            auto some = reply->properties();
            all.insert(all.end(), some.begin(), some.end());
            --missing;
        }
        if (missing <= 0) event->exit();
    };
    auto of_unit = bus->call(get_all(unit, "org.freedesktop.systemd1.Unit"), done);
    auto of_service = bus->call(get_all(unit, "org.freedesktop.systemd1.Service"), done);
    if (!of_unit) return tl::unexpected(of_unit.error());
    if (!of_service) return tl::unexpected(of_service.error());
    auto ended = event->loop();
    if (!ended) return tl::unexpected(ended.error());
    if (!answer) return answer;
    answer = unit_facts_from(all);
    if (answer->result.empty()) return fail("'" + unit + "' is no service that systemd knows");
    return answer;
}

} // namespace unitgate

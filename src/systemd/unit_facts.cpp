// SPDX-License-Identifier: MIT
#include "systemd/unit_facts.hpp"

#include <csignal>
#include <cstdint>
#include <cstring>

#include "io/bus.hpp"
#include "io/event.hpp"
#include "systemd/manager.hpp"
#include "systemd/unit_state.hpp"

namespace unitgate {

namespace {

constexpr auto longest_wait = std::chrono::seconds(10);

BusCall get_all(const std::string& unit, const char* interface) {
    return {manager_service, bus_path(unit_prefix, unit), properties_interface, "GetAll", {interface},
            longest_wait};
}

// The word for ExecMainCode=, a si_code of waitid(2).
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

// That for ExecMainStatus=.
std::string exit_status_word(int code, int status) {
    if (code == CLD_EXITED) return std::to_string(status);
    if (code != CLD_KILLED && code != CLD_DUMPED) return {};
    const char* name = ::sigabbrev_np(status);
    return name ? name : std::to_string(status);
}

} // namespace

UnitFacts unit_facts_from(const std::vector<BusProperty>& properties) {
    UnitState state;
    update(state, properties);
    int code = 0;
    for (const auto& [name, value] : properties)
        if (const auto* number = std::get_if<std::int64_t>(&value); number && name == "ExecMainCode")
            code = static_cast<int>(*number);
    return {std::move(state.invocation_id), std::move(state.active_state), std::move(state.result),
            exit_code_word(code), exit_status_word(code, state.main_status)};
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
    auto of_unit = bus->call(get_all(unit, unit_interface), done);
    auto of_service = bus->call(get_all(unit, service_interface), done);
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

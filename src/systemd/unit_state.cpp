// SPDX-License-Identifier: MIT
#include "systemd/unit_state.hpp"

#include <algorithm>
#include <iterator>

namespace unitgate {

namespace {

constexpr std::string_view names[] = {
    "LoadState",       "ActiveState",      "SubState",         "Result",
    "ReloadResult",    "StatusText",       "FragmentPath",     "SourcePath",
    "LoadError",       "InvocationID",     "ExecMainStatus",   "Job",
    "ConditionResult", "NeedDaemonReload", "TimeoutStartUSec", "ConditionTimestampMonotonic",
};

void take(std::string& into, const BusValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) into = *text;
}

void take(bool& into, const BusValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) into = *flag;
}

std::string hex(const std::vector<std::uint8_t>& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Duration span(std::uint64_t usec) {
    return usec > static_cast<std::uint64_t>(Duration::max().count())
               ? Duration::max()
               : Duration(static_cast<std::int64_t>(usec));
}

} // namespace

bool is_of_state(std::string_view property) {
    return std::find(std::begin(names), std::end(names), property) != std::end(names);
}

void update(UnitState& state, const std::vector<BusProperty>& properties) {
    for (const auto& [name, value] : properties) {
        if (!is_of_state(name)) continue;
        if (name == "LoadState")
            take(state.load_state, value);
        else if (name == "ActiveState")
            take(state.active_state, value);
        else if (name == "SubState")
            take(state.sub_state, value);
        else if (name == "Result")
            take(state.result, value);
        else if (name == "ReloadResult")
            take(state.reload_result, value);
        else if (name == "StatusText")
            take(state.status_text, value);
        else if (name == "FragmentPath")
            take(state.fragment_path, value);
        else if (name == "SourcePath")
            take(state.source_path, value);
        else if (name == "NeedDaemonReload")
            take(state.needs_reload, value);
        else if (name == "ConditionResult")
            take(state.condition_met, value);
        else if (name == "LoadError") {
            if (const auto* pair = std::get_if<std::vector<std::string>>(&value); pair && pair->size() == 2)
                state.load_error = (*pair)[1];
        } else if (name == "InvocationID") {
            if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value))
                state.invocation_id = hex(*bytes);
        } else if (name == "ExecMainStatus") {
            if (const auto* number = std::get_if<std::int64_t>(&value))
                state.main_status = static_cast<int>(*number);
        } else if (const auto* number = std::get_if<std::uint64_t>(&value)) {
            if (name == "Job")
                state.job = static_cast<std::uint32_t>(*number);
            else if (name == "ConditionTimestampMonotonic")
                state.condition_time = *number;
            else if (name == "TimeoutStartUSec")
                state.start_timeout = span(*number);
        }
    }
}

} // namespace unitgate

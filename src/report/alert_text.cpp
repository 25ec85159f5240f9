// SPDX-License-Identifier: MIT
#include "report/alert_text.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

namespace unitgate {

namespace {

// Further lines of a note stand below its first one.
std::string indented(const std::string& text, std::size_t columns) {
    return replace_all(text, "\n", "\n" + std::string(columns, ' '));
}

// "probe-1 on https://ci.example.net/, last: status 502, 188 tries in 3min"
std::string probe_text(const Json& probe) {
    std::string text = probe.get("name").plain() + " on " + probe.get("url").plain();
    if (auto cause = probe.get("cause").as_string()) text += ", last: " + *cause;
    if (auto status = probe.get("status").as_integer()) text += " " + std::to_string(*status);
    if (auto tries = probe.get("tries").as_integer())
        text += ", " + std::to_string(*tries) + (*tries == 1 ? " try" : " tries");
    if (auto seconds = probe.get("seconds").as_number())
        text +=
            " in " + format_duration(std::chrono::round<Duration>(std::chrono::duration<double>(*seconds)));
    return text;
}

std::string cleared_text(const StoredAlert& alert) {
    Json cleared = alert.json.get("cleared");
    return "by " + cleared.get("by").plain() + " at " + cleared.get("at").plain() + ": " +
           cleared.get("note").plain();
}

} // namespace

std::string alert_lines(const StoredAlert& alert, const Passes& passes) {
    std::string text = alert.id + "\n  " + indented(alert.text("detail"), 4) + "\n";
    std::string version = alert.text("version"), back = alert.text("rolled_back_to");
    if (!version.empty())
        text += "  version " + version + (back.empty() ? "" : ", rolled back to " + back) + "\n";
    if (alert.cleared)
        text += "  cleared " + indented(cleared_text(alert), 4) + "\n";
    else if (auto since = recovered_at(alert, passes))
        text += "  recovered: " + alert.text("app") + " has passed since, at " + *since + "\n";
    return text;
}

std::string alert_page(const StoredAlert& alert, const Passes& passes, const std::string& command) {
    std::string text = alert.id + "\n";
    auto line = [&](std::string label, const std::string& value) {
        if (value.empty()) return;
        constexpr std::size_t width = 16;
        label.resize(width, ' ');
        text += "  " + label + indented(value, 2 + width) + "\n";
    };
    std::string invocation = alert.text("invocation_id");
    line("reason:", alert.text("reason"));
    line("app:", alert.text("app"));
    line("unit:", alert.text("unit"));
    line("at:", alert.text("ts"));
    line("version:", alert.text("version"));
    line("rolled back to:", alert.text("rolled_back_to"));
    line("what happened:", alert.text("detail"));
    if (Json probe = alert.json.get("probe"); probe.is_object()) line("probe:", probe_text(probe));
    line("invocation:", invocation);
    line("boot:", alert.text("boot_id"));
    if (alert.cleared) {
        line("cleared:", cleared_text(alert));
        return text;
    }
    if (auto since = recovered_at(alert, passes))
        line("recovered:", "the app has passed since, at " + *since);
    line("next:", invocation.empty() ? "" : "journalctl -x _SYSTEMD_INVOCATION_ID=" + invocation);
    line(invocation.empty() ? "next:" : "", command + " alerts clear " + alert.id + " --note TEXT");
    return text;
}

Json alert_json(const StoredAlert& alert, const Passes& passes) {
    auto since = recovered_at(alert, passes);
    return Json(alert.json).set("id", alert.id).set("recovered", since ? Json(*since) : Json());
}

} // namespace unitgate

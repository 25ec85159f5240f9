// SPDX-License-Identifier: MIT
// `unitgate alerts list|show|clear`: what failed, for a person to read and put away.
#include <algorithm>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

#include "app/alerts_record.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "deploy/state.hpp"
#include "report/alert_text.hpp"

namespace unitgate {

namespace {

// Who asks: the person behind sudo where there is one, else the user of this process.
std::string caller() {
    for (const char* variable : {"SUDO_USER", "DOAS_USER"})
        if (const char* name = std::getenv(variable); name && *name) return name;
    if (const passwd* user = ::getpwuid(::getuid())) return user->pw_name;
    return std::to_string(::getuid());
}

// As it would have to be typed to meet the same alerts.
std::string command(const Invocation& invocation) {
    return invocation.state_folder.empty() ? "unitgate" : "unitgate --state " + invocation.state_folder;
}

int list(const Invocation& invocation) {
    std::string folder = state_folder_of(invocation);
    auto box = read_alerts(folder, invocation.has("all"));
    if (!box) {
        print_error(box.error());
        return exit_failure;
    }
    for (const Error& error : box->unreadable)
        print_error(error);
    int code = box->unreadable.empty() ? exit_success : exit_failure;
    Passes passes = read_passes(folder);
    if (invocation.json) {
        Json all = Json::array();
        for (const auto& alert : box->alerts)
            all.push(alert_json(alert, passes));
        return std::max(code, print(all.dump(2) + "\n"));
    }
    std::string text;
    for (const auto& alert : box->alerts)
        text += alert_lines(alert, passes);
    if (box->alerts.empty() && code == exit_success) text = "no alerts\n";
    return std::max(code, print_long(text, invocation.pager));
}

int show(const Invocation& invocation) {
    std::string folder = state_folder_of(invocation), text;
    Passes passes = read_passes(folder);
    Json all = Json::array();
    int code = exit_success;
    for (const auto& id : invocation.arguments) {
        auto alert = find_alert(folder, id, true);
        if (!alert) {
            print_error(alert.error());
            code = exit_failure;
        } else if (invocation.json) {
            all.push(alert_json(*alert, passes));
        } else {
            text += (text.empty() ? "" : "\n") + alert_page(*alert, passes, command(invocation));
        }
    }
    return std::max(code, invocation.json ? print(all.dump(2) + "\n") : print_long(text, invocation.pager));
}

Status clear_one(const std::string& folder, const std::string& id, const std::string& note,
                 std::string& full_id) {
    auto alert = find_alert(folder, id, false);
    // Among the cleared ones only to say that it was: a prefix that fits one open alert means that one.
    if (!alert && alert.error().code == 0)
        if (auto cleared = find_alert(folder, id, true)) alert = std::move(cleared);
    if (!alert) return tl::unexpected(alert.error());
    full_id = alert->id;
    return clear_alert(folder, *alert, caller(), now_rfc3339(), note);
}

int clear(const Invocation& invocation) {
    int code = exit_success;
    Json all = Json::array();
    for (const auto& id : invocation.arguments) {
        std::string full_id;
        if (auto cleared = clear_one(state_folder_of(invocation), id, invocation.value("note"), full_id);
            !cleared) {
            print_error(cleared.error());
            code = exit_failure;
        } else if (invocation.json) {
            all.push(full_id);
        } else {
            code = std::max(code, print("cleared " + full_id + "\n"));
        }
    }
    if (!invocation.json) return code;
    return std::max(code, print(Json::object().set("cleared", all).dump(2) + "\n"));
}

} // namespace

int alerts_verb(const Invocation& invocation) {
    std::string_view word = invocation.sub_verb;
    std::string wrong = word != "clear" && invocation.has("note") ? "--note is for 'alerts clear'"
                        : word != "list" && invocation.has("all") ? "--all is for 'alerts list'"
                        : word == "clear" && !invocation.has("note")
                            ? "'alerts clear' needs --note TEXT: why it may go"
                            : "";
    if (!wrong.empty()) {
        print_error({wrong, "type 'unitgate alerts --help'", 0});
        return exit_usage;
    }
    if (word == "record") return alerts_record_verb(invocation);
    if (word == "show") return show(invocation);
    if (word == "clear") return clear(invocation);
    return list(invocation);
}

} // namespace unitgate

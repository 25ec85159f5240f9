// SPDX-License-Identifier: MIT
#include "app/verb.hpp"

#include <algorithm>

#include "app/alerts_record.hpp"
#include "app/run.hpp"

namespace unitgate {

namespace {

constexpr Option globals[] = {
    {"specs", "DIR", "read specs from DIR instead of the usual folders; repeatable, the first one wins"},
    {"state", "DIR", "keep state and alerts in DIR instead of /var/lib/unitgate"},
    {"json", "", "print JSON instead of text"},
    {"no-pager", "", "do not show long text in a pager"},
    {"help", "", "show this text, or with a verb that verb's", 'h'},
    {"version", "", "show the version"},
};

constexpr Option run_options[] = {
    {"reload", "", "the same on a unit that is up, without READY=1: the exit code is the verdict"},
};

constexpr SubVerb alerts_sub_verbs[] = {
    {"record", "UNIT", "record what a killed run of UNIT could not tell", 1, 1},
};

constexpr Option generate_options[] = {
    {"to", "DIR", "write into DIR, which is made when it is missing", 0, true},
};

// One row a verb; a row exists once its function does.
// clang-format off: help is broken into lines by hand
constexpr Verb table[] = {
    {
        .name = "run",
        .arguments = "NAME",
        .summary = "deploy an app and report it ready once its gate has passed",
        .text =
            "What a deploy unit executes: finds the wanted version, deploys it, passes the gate, then READY=1.\n"
            "On failure it writes an alert, rolls back to the last good version and gates that. Outside of\n"
            "systemd it prints what it does.\n\n"
            "Exit codes: 0 ready, 69 gate failed and nothing good is left to fall back on, 73 state or alert\n"
            "could not be written, 75 another run holds this app, 78 bad configuration.",
        .options = run_options,
        .sub_verbs = {},
        .least = 1,
        .most = 1,
        .function = run_verb,
    },
    {
        .name = "alerts",
        .arguments = "",
        .summary = "record what a killed run could not",
        .text =
            "record: what unitgate-alert@.service executes after a deploy unit failed. Writes an\n"
            "'interrupted' alert, unless the run told its end itself, an alert of that start exists, or the\n"
            "unit never ran because a unit that it requires failed. Reads $MONITOR_SERVICE_RESULT and the\n"
            "like, else asks systemd.\n\n"
            "Exit codes: 0 recorded or nothing to record, 1 systemd can't be asked, 2 usage, 73 the alert\n"
            "could not be written; the journal then has it whole.",
        .options = {},
        .sub_verbs = alerts_sub_verbs,
        .function = alerts_verb,
    },
    {
        .name = "generate",
        .arguments = "",
        .summary = "write the unit files of all specs",
        .text =
            "Writes deploy-NAME.service and the links of wanted_by and required_by for each spec, and shows the\n"
            "names of what it wrote. The systemd generator does the same at boot and at each daemon-reload.\n"
            "--specs goes into the units, --state does not: they keep theirs in StateDirectory=unitgate.\n"
            "Nothing is removed, and no file is overwritten that unitgate did not make.\n\n"
            "Exit codes: 0 all written, 1 a spec is bad or a file could not be written, 2 usage.",
        .options = generate_options,
        .sub_verbs = {},
        .function = generate_verb,
    },
    {
        .name = "verify",
        .arguments = "[NAME...]",
        .summary = "check specs and show everything that is wrong",
        .text = "Checks the specs NAME, or all of them, and shows each finding with its place, cause and remedy.\n"
                "With the unit files of this host it also finds gates that wait for a unit ordered after their\n"
                "own, with the whole chain, units ordered in a circle, and servers that nothing starts.\n\n"
                "Exit codes: 0 clean, 1 findings, 2 usage.",
        .options = {},
        .sub_verbs = {},
        .most = any_number,
        .function = verify_verb,
    },
};
// clang-format on

} // namespace

std::string Invocation::value(std::string_view option) const {
    auto found = options.find(option);
    return found == options.end() ? std::string() : found->second;
}

std::span<const Verb> verbs() {
    return table;
}

std::span<const Option> global_options() {
    return globals;
}

const Verb* find_verb(std::string_view name) {
    auto all = verbs();
    auto found = std::find_if(all.begin(), all.end(), [&](const Verb& verb) { return verb.name == name; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace unitgate

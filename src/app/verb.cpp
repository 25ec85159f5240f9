// SPDX-License-Identifier: MIT
#include "app/verb.hpp"

#include <algorithm>

#include "app/run.hpp"
#include "app/start.hpp"
#include "deploy/state.hpp"

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
    {"list", "", "show the alerts that are open; the default", 0, 0, true},
    {"show", "ID...", "show all of an alert, and what to type next", 1, any_number},
    {"clear", "ID...", "put an alert away, with who, when and why", 1, any_number},
    {"record", "UNIT", "record what a killed run of UNIT could not tell", 1, 1},
};

constexpr Option alerts_options[] = {
    {"note", "TEXT", "why it is cleared"},
    {"all", "", "list those that have been cleared too"},
};

constexpr Option plan_options[] = {
    {"dot", "", "print the plan in the language of Graphviz, see dot(1)"},
    {"svg", "", "print a picture of it"},
    {"root", "DIR", "look at the image in DIR instead of this host"},
};

constexpr Option verify_options[] = {
    {"strict", "", "exit with 1 on warnings too"},
    {"root", "DIR", "look at the image in DIR, or with / at this host without its service manager"},
};

constexpr Option generate_options[] = {
    {"to", "DIR", "write into DIR, which is made when it is missing", 0, true},
};

// For every verb that talks to a service manager; see app/target.
constexpr Option to_host = {"host", "HOST", "talk to the service manager of HOST, through ssh", 'H'};
constexpr Option to_machine = {"machine", "MACHINE", "talk to the service manager of the container MACHINE",
                               'M'};
constexpr Option to_user = {"user", "", "talk to the service manager of this user"};

constexpr Option start_options[] = {
    {"force", "", "start although verifying found errors"},
    {"dry-run", "", "show what would be done, and do nothing"},
    to_host,
    to_machine,
    to_user,
};

constexpr Option status_options[] = {to_host, to_machine, to_user};

constexpr Option stop_options[] = {
    {"dry-run", "", "show what would be done, and do nothing"},
    to_host,
    to_machine,
    to_user,
};

constexpr Option reconcile_options[] = {
    {"keep-going", "", "go on after a unit that fails or rolls back"},
    {"start", "", "also start units that are inactive"},
    {"dry-run", "", "show what would be done, and do nothing"},
    to_host,
    to_machine,
    to_user,
};

constexpr Option probe_options[] = {
    {"as", "VERSION", "compare with VERSION instead of the last good one"},
    {"watch", "", "try over and over until Ctrl-C, then sum up"},
    {"count", "N", "try N times, then sum up"},
    {"every", "D", "with --watch or --count: start a try each D, a time span; default: the gate's interval"},
    {"user", "", "the spec is one of this user's: ask the service manager of this user"},
};

constexpr Option prove_options[] = {
    {"as", "VERSION", "prove the gate of VERSION instead of the last good one"},
    {"strict", "", "exit with 1 on advice too"},
    {"user", "", "the spec is one of this user's, and so is its last good version"},
};

constexpr Option rehearse_options[] = {
    {"apps", "", "take the apps of the stopped units down too, with their [stop] command"},
    {"yes", "", "do not ask before units are stopped"},
    {"restore", "", "put back what a rehearsal had stopped that was killed"},
};

// One row a verb; a row exists once its function does.
// Help is broken into lines by hand.
// clang-format off
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
        .name = "status",
        .arguments = "[NAME...]",
        .summary = "show how the deploy units are, at a glance",
        .text =
            "A line for each deploy unit of the specs NAME, or of all specs: the unit's state, the version that is\n"
            "wanted, the one that last passed its gate, how long that gate took and when, and how many alerts are\n"
            "open. Below it stands what a person should know, and what to type: a held version, another one that\n"
            "is wanted, a unit that is not what its spec makes now, an alert. It runs the specs' version commands.\n"
            "With --host or --machine specs and state are there: only the units' states are shown.\n\n"
            "Exit codes: 0 all fine, 1 a person should look (*), or something could not be found out, 2 usage,\n"
            "3 nothing is wrong, but some are not active or not on the wanted version (-).",
        .options = status_options,
        .sub_verbs = {},
        .most = any_number,
        .function = status_verb,
    },
    {
        .name = "alerts",
        .arguments = "",
        .summary = "show what failed, and put it away",
        .text =
            "An alert is a file that says that something failed, see unitgate-alerts(5). It stays until a person\n"
            "clears it; then it is kept in the folder alerts/cleared. ID is its name, or a beginning of it that fits\n"
            "no other. An alert is marked recovered once the wanted version of its app has passed since.\n"
            "record is what unitgate-alert@.service executes after a deploy unit failed: it writes an\n"
            "'interrupted' alert, unless the run told its end itself, an alert of that start exists, or the\n"
            "unit never ran because a unit that it requires failed. Reads $MONITOR_SERVICE_RESULT and the\n"
            "like, else asks systemd.\n\n"
            "Exit codes: 0 done, 1 there is no such alert, or it can't be read or moved, 2 usage. Of record: 0\n"
            "recorded or nothing to record, 1 systemd can't be asked, 73 the alert could not be written; the\n"
            "journal then has it whole.",
        .options = alerts_options,
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
        .name = "plan",
        .arguments = "[NAME...]",
        .summary = "show the order in which deploy units start, and why",
        .text =
            "Shows the deploy units of the specs NAME and all that they wait for, or of all specs, in waves: each\n"
            "starts once those that it waits for are up. Below each stands what it waits for and the file and\n"
            "line that say so. The longest chain is the one whose gates took longest when they last passed.\n"
            "Reads specs, unit files and state, and asks no service manager.\n\n"
            "Exit codes: 0 all are in a wave, 1 a spec is bad or missing, or some are ordered in a circle, 2 usage.",
        .options = plan_options,
        .sub_verbs = {},
        .most = any_number,
        .function = plan_verb,
    },
    {
        .name = "release",
        .arguments = "NAME",
        .summary = "let a version that failed be tried again",
        .text =
            "A version that failed while a last good one was there is held: it is not tried again until another\n"
            "one is wanted, [deploy] is edited, or it is released with this verb. Nothing is deployed by it.\n\n"
            "Exit codes: 0 released or nothing was held, 1 a run is under way or the state could not be written,\n"
            "2 usage.",
        .options = {},
        .sub_verbs = {},
        .least = 1,
        .most = 1,
        .function = release_verb,
    },
    {
        .name = "verify",
        .arguments = "[NAME...]",
        .summary = "check specs and show everything that is wrong",
        .text =
            "Checks the specs NAME, or all of them, and shows each finding with its place, cause and remedy.\n"
            "With the units of this host, as the service manager and the unit files have them, it also finds\n"
            "gates that wait for a unit ordered after their own, with the whole chain, units ordered in a circle,\n"
            "servers that nothing starts, time-outs that beat the gate, units that are stale or hidden, and git\n"
            "checkouts that are behind. unitgate(1) lists the codes of all findings.\n\n"
            "Exit codes: 0 clean or warnings alone, 1 errors, with --strict warnings too, 2 usage.",
        .options = verify_options,
        .sub_verbs = {},
        .most = any_number,
        .function = verify_verb,
    },
    {
        .name = "start",
        .arguments = "[NAME...]",
        .summary = "start deploy units in order and follow each until it is up",
        .text =
            "Verifies first: what would not come up is not started. Then starts the units of the specs NAME and\n"
            "what they pull in, or of all specs, in one go and in order, and shows each until it is up. An active\n"
            "unit is left alone. Ctrl-C ends the watching, not the jobs. With --host or --machine the specs are\n"
            "there: NAME stands for deploy-NAME.service, and without one it is what deploy.target wants.\n\n"
            "Exit codes: 0 all up on the wanted version, 1 some are not up, 2 usage, 3 all up but some not on\n"
            "the wanted version.",
        .options = start_options,
        .sub_verbs = {},
        .most = any_number,
        .function = start_verb,
    },
    {
        .name = "stop",
        .arguments = "[NAME...]",
        .summary = "stop deploy units in reverse order",
        .text = "Stops the units of the specs NAME, or of all specs. Their apps run on: a deploy unit that stops\n"
                "takes down only what runs in its own control group.\n\n"
                "Exit codes: 0 all stopped, 1 some are not, 2 usage.",
        .options = stop_options,
        .sub_verbs = {},
        .most = any_number,
        .function = stop_verb,
    },
    {
        .name = "reconcile",
        .arguments = "[NAME...]",
        .summary = "bring active units to their wanted version, in order",
        .text =
            "Reloads each active unit of the specs NAME, or of all specs, whose wanted version or [deploy]\n"
            "table is another than what is up, one after the other in order; what requires it stays up. Stops\n"
            "at the first that fails or rolls back.\n\n"
            "Exit codes: 0 all on the wanted version, 1 some failed, 2 usage, 3 some rolled back or held.",
        .options = reconcile_options,
        .sub_verbs = {},
        .most = any_number,
        .function = reconcile_verb,
    },
    {
        .name = "probe",
        .arguments = "NAME",
        .summary = "try the gate now and show what each probe meets",
        .text =
            "One try of each probe of the spec NAME, side by side: result and cause, where the time went, the\n"
            "certificate, what was compared with what, and a curl command that asks the same. Deploys nothing\n"
            "and writes nothing. Any user may do it; a probe whose credential can't be read is not tried, and\n"
            "said to be. The version compared with is the last good one, without one the wanted one.\n\n"
            "Exit codes: 0 the gate passes, each time, 1 it does not or could not be tried, or it was interrupted\n"
            "before N tries were made, or before one with --watch, 2 usage.",
        .options = probe_options,
        .sub_verbs = {},
        .least = 1,
        .most = 1,
        .function = probe_verb,
    },
    {
        .name = "prove",
        .arguments = "NAME",
        .summary = "show that the gate fails where it should",
        .text =
            "Tries the probes of the spec NAME against servers on the loopback that are broken on purpose, and\n"
            "against a healthy copy of the app. A broken one that gets through is a hole, with the key that\n"
            "closes it; one that a plain status can't tell from a healthy app is an advice. The app itself is\n"
            "asked by HTTP probes that only read (GET, HEAD and OPTIONS), once each. Any user may do it.\n\n"
            "Exit codes: 0 no hole, 1 a hole, with --strict an advice too, 2 usage.",
        .options = prove_options,
        .sub_verbs = {},
        .least = 1,
        .most = 1,
        .function = prove_verb,
    },
    {
        .name = "rehearse",
        .arguments = "[NAME]",
        .summary = "see whether a unit comes up at a cold boot, on the live host",
        .text =
            "Stops the active services that are ordered after the unit of the spec NAME, and the unit; starts it\n"
            "alone with its deploy run, and puts everything back as it was, also after Ctrl-C or a failure. It\n"
            "lists what it stops and asks before. Apps outlive their units, so a probe that a stopped unit's app\n"
            "answers counts as failed (unit-stopped) meanwhile; with --apps the apps are taken down too. What was\n"
            "healthy before is probed again at the end.\n\n"
            "Exit codes: 0 it came up and all is back, 1 it did not or something is not back, 2 usage.",
        .options = rehearse_options,
        .sub_verbs = {},
        .most = 1,
        .function = rehearse_verb,
    },
};
// clang-format on

} // namespace

std::string Invocation::value(std::string_view option) const {
    auto found = options.find(option);
    return found == options.end() ? std::string() : found->second;
}

std::string state_folder_of(const Invocation& invocation) {
    return invocation.state_folder.empty() ? default_state_folder() : invocation.state_folder;
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

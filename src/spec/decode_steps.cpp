// SPDX-License-Identifier: MIT
// [version], [deploy], [stop] and [rollback]: the commands of a run.
#include <utility>

#include "base/regex.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"

namespace unitgate {

namespace {

Status check_extract(std::string_view pattern) {
    auto regex = Regex::compile(pattern);
    if (!regex) return fail("is no valid pattern: " + regex.error().message, "see pcre2pattern(3)");
    if (regex->groups() != 1)
        return fail("must have one group, and has " + std::to_string(regex->groups()),
                    "put what the app reports in ( ), and write other groups as (?: )");
    return {};
}

// "bin/deploy" needs a folder to start from; a bare name is looked up in $PATH.
void check_program(const Reader& in, const std::vector<std::string>& command, bool has_directory) {
    if (command.empty() || command[0][0] == '/' || command[0].find('/') == std::string::npos || has_directory)
        return;
    in.bad_value(in.find("command")->children[0].place, "command", command[0], "bad-path",
                 {"is a relative path, and a unit has no folder of its own", "write it from '/' on", 0});
}

// A run and what looks at checkouts have to agree on the folder, whatever version is wanted.
void check_folder(const Reader& in) {
    const Node& folder = *in.find("directory");
    auto fault = find_placeholder_fault(folder.text, {.lenient = true, .credentials = {}});
    for (std::string_view token : {"{version}", "{app_version}"})
        if (!fault && folder.text.find(token) != std::string::npos)
            fault = {std::string(token), "placeholder '" + std::string(token) + "' is not replaced here",
                     "write it in 'command' or 'environment', and let the command go to that folder"};
    if (fault) in.report().placeholder(folder.place, in.shown("directory") + ": ", *fault);
}

} // namespace

void decode_version(const Node* table, const Report& report, VersionSource& version) {
    Reader in(table, "version", report);
    if (!in) return;
    in.span("timeout", version.timeout);
    in.text("extract", version.extract, "bad-regex", check_extract);
    std::string_view chosen;
    for (std::string_view key : {"pin", "file", "command"}) {
        if (!in.has(key)) continue;
        if (!chosen.empty()) {
            report.error(in.find(key)->key, "conflicting-keys",
                         "[version] has both '" + std::string(chosen) + "' and '" + std::string(key) + "'",
                         "keep one of pin, file and command");
            return;
        }
        chosen = key;
    }
    if (chosen.empty())
        report_missing(
            report, in.place(), "[version] does not say where the version comes from",
            "add one of pin = \"1.2.3\", file = \"/PATH\" or command = [\"PROGRAM\", \"ARGUMENT\"]");
    if (chosen == "pin") {
        version.kind = VersionSource::Kind::pin;
        in.text("pin", version.text, "bad-version", check_version);
    } else if (chosen == "file") {
        version.kind = VersionSource::Kind::file;
        in.text("file", version.text, "bad-path", check_absolute_path);
    } else if (chosen == "command") {
        version.kind = VersionSource::Kind::command;
        in.command("command", version.command, {.version = false, .lenient = true, .credentials = {}});
        check_program(in, version.command, false);
    }
}

void decode_deploy(const Node* table, const Report& report, Deploy& deploy) {
    Reader in(table, "deploy", report);
    if (!in) return;
    if (in.text("directory", deploy.directory, "bad-path", check_absolute_path)) check_folder(in);
    if (!in.has("command"))
        report_missing(report, in.place(), "[deploy] has no command",
                       "add command = [\"PROGRAM\", \"ARGUMENT\"]");
    in.command("command", deploy.command, {.lenient = true, .credentials = {}});
    check_program(in, deploy.command, in.has("directory"));
    in.span("timeout", deploy.timeout);
    std::string when = "changed";
    in.text("when", when, "bad-choice", [](std::string_view text) -> Status {
        if (text == "changed" || text == "always") return {};
        return fail("is neither \"changed\" nor \"always\"",
                    "\"changed\" deploys only what is new, \"always\" at every start");
    });
    deploy.when = when == "always" ? Deploy::When::always : Deploy::When::changed;
    const Node* environment = in.take("environment", Node::Kind::table);
    if (!environment) return;
    for (const Node& each : environment->children) {
        if (auto ok = check_environment_name(each.name); !ok)
            in.bad_value(each.key, "environment", each.name, "bad-environment", ok.error());
        else if (each.kind != Node::Kind::text)
            report.error(each.place, "wrong-type",
                         "variable " + in_quotes_clipped(each.name) + " must be a string, not " +
                             std::string(kind_with_article(each.kind)),
                         "put the value in quotes");
        else if (each.text.find('\0') != std::string::npos)
            report.error(each.place, "bad-text",
                         "variable " + in_quotes_clipped(each.name) + " holds a NUL byte", "remove it");
        else if (auto fault = find_placeholder_fault(each.text, {.lenient = true, .credentials = {}}))
            report.placeholder(each.place, "variable " + in_quotes_clipped(each.name) + ": ", *fault);
        else
            deploy.environment.emplace(each.name, each.text);
    }
}

void decode_rollback(const Node* table, const Report& report, bool has_directory, Rollback& rollback) {
    Reader in(table, "rollback", report);
    in.boolean("enabled", rollback.enabled);
    in.command("command", rollback.command, {.lenient = true, .credentials = {}});
    check_program(in, rollback.command, has_directory);
    in.span("deadline", rollback.deadline);
}

void decode_stop(const Node* table, const Report& report, bool has_directory,
                 std::vector<std::string>& command) {
    Reader in(table, "stop", report);
    if (!in) return;
    if (!in.has("command"))
        report_missing(report, in.place(), "[stop] has no command",
                       "add command = [\"PROGRAM\", \"ARGUMENT\"], or remove [stop]");
    in.command("command", command, {.lenient = true, .credentials = {}});
    check_program(in, command, has_directory);
}

} // namespace unitgate

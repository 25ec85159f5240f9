// SPDX-License-Identifier: MIT
// The manual against the code, in both directions: what the code knows stands in its page, and what a page
// names the code knows. Read from the roff text: a name is the word of an ".It Cm" line in its section.
#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "app/verb.hpp"
#include "base/diagnostic.hpp"
#include "base/file.hpp"
#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "deploy/steps.hpp"
#include "gate/result.hpp"
#include "report/alert.hpp"
#include "report/events.hpp"
#include "spec/keys.hpp"
#include "spec/load.hpp"
#include "spec/model.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

using Words = std::set<std::string>;

std::string page(const std::string& name) {
    auto text = read_file(SOURCE_ROOT "/man/" + name);
    REQUIRE(text);
    return *text;
}

// The lines below ".Sh TITLE" or ".Ss TITLE", up to the next heading of the same or a higher rank.
std::vector<std::string> section(const std::string& name, const std::string& title) {
    std::vector<std::string> lines;
    std::string text = page(name);
    bool inside = false, sub = false;
    for (auto line : split(text, '\n')) {
        bool is_sh = line.starts_with(".Sh "), is_ss = line.starts_with(".Ss ");
        if (inside && (is_sh || (is_ss && sub))) break;
        if (inside) lines.emplace_back(line);
        if ((is_sh || is_ss) && line.substr(4) == title) {
            inside = true;
            sub = is_ss;
        }
    }
    INFO(name << " has no section '" << title << "'");
    REQUIRE(inside);
    return lines;
}

// The words after `macro` on the .It lines of a section, up to the next macro: ".It Cm after , before".
Words items(const std::vector<std::string>& lines, const std::string& macro) {
    Words found;
    for (const auto& line : lines) {
        if (!line.starts_with(".It ")) continue;
        bool taking = false;
        for (auto word : split(std::string_view(line).substr(4), ' ')) {
            bool is_macro = word.size() == 2 && word[0] >= 'A' && word[0] <= 'Z';
            if (is_macro)
                taking = word == macro;
            else if (taking && word != ",")
                found.emplace(word);
        }
    }
    return found;
}

Words items(const std::string& name, const std::string& title, const std::string& macro = "Cm") {
    return items(section(name, title), macro);
}

// The text of one item of a section.
std::string paragraph(const std::string& name, const std::string& title, const std::string& word) {
    std::string text;
    bool inside = false;
    for (const auto& line : section(name, title)) {
        if (line.starts_with(".It ")) inside = items(std::vector<std::string>{line}, "Cm").count(word) > 0;
        if (inside) text += line + "\n";
    }
    return text;
}

Words all_matches(const std::string& text, const std::string& pattern) {
    Words found;
    std::regex expression(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
        found.insert((*at)[1]);
    return found;
}

} // namespace

TEST_CASE("unitgate-run(8) lists every event with its MESSAGE_ID") {
    Words known;
    for (const EventRow& row : event_table())
        known.insert(std::string(row.word) + " " + std::string(row.id));
    Words shown;
    for (const auto& line : section("unitgate-run.8", "EVENTS")) {
        static const std::regex item(R"(\.It Cm (\S+) Li (\S+))");
        std::smatch match;
        if (std::regex_match(line, match, item)) shown.insert(match[1].str() + " " + match[2].str());
    }
    CHECK(shown == known);
}

TEST_CASE("unitgate-run(8) names the journal fields that events carry") {
    Words known;
    for (EventField field : all_event_fields())
        known.emplace(field_name(field));
    std::string text;
    for (const auto& line : section("unitgate-run.8", "EVENTS"))
        text += line + "\n";
    CHECK(all_matches(text, R"(\.Va ((?:UNITGATE|OBJECT)_[A-Z_]+)=)") == known);
}

TEST_CASE("unitgate.toml(5) lists every key of every table and no others") {
    std::map<std::string, Words> known;
    for (const KnownKey& key : known_keys())
        known[std::string(key.table)].emplace(key.key);
    REQUIRE(known.size() == 10);
    for (const auto& [table, keys] : known) {
        std::string title = "[" + table + "]";
        if (table.empty()) title = "Top level";
        if (table == "gate.probe") title = "[[gate.probe]]";
        if (table == "settings") title = "SETTINGS";
        INFO(title);
        CHECK(items("unitgate.toml.5", title) == keys);
    }
}

TEST_CASE("unitgate.toml(5) gives the defaults that the code has") {
    const GateSection gate;
    const Deploy deploy;
    const Rollback rollback;
    const VersionSource version;
    auto check = [](const std::string& title, const std::string& key, const std::string& value) {
        INFO(title << " " << key);
        CHECK(paragraph("unitgate.toml.5", title, key).find("Default: " + value + ".\n") !=
              std::string::npos);
    };
    check("[version]", "timeout", format_duration(version.timeout));
    check("[deploy]", "timeout", format_duration(deploy.timeout));
    check("[rollback]", "enabled", rollback.enabled ? "true" : "false");
    check("[rollback]", "deadline", format_duration(rollback.deadline));
    check("[gate]", "deadline", format_duration(gate.deadline));
    check("[gate]", "interval", format_duration(gate.interval));
    check("[gate]", "timeout", format_duration(gate.timeout));
    check("[gate]", "passes", std::to_string(gate.passes));
    check("[gate]", "settle", format_duration(gate.settle));
    check("[[gate.probe]]", "verify", HttpProbe().verify ? "true" : "false");
}

TEST_CASE("unitgate.toml(5) lists every cause of a failed try") {
    Words known;
    for (int i = 1; cause_name(static_cast<Cause>(i)) != "unknown"; ++i)
        known.emplace(cause_name(static_cast<Cause>(i)));
    CHECK(known.count("too-large") == 1);
    CHECK(items("unitgate.toml.5", "CAUSES") == known);
}

TEST_CASE("unitgate-run(8) lists every reason of a failure") {
    Words known;
    for (int i = 0; reason_name(static_cast<Reason>(i)) != "unknown"; ++i)
        known.emplace(reason_name(static_cast<Reason>(i)));
    CHECK(known.count("unhealthy-while-active") == 1);
    CHECK(items("unitgate-run.8", "REASONS") == known);
}

TEST_CASE("unitgate-run(8) lists the exit codes of a run") {
    Words known;
    for (RunExit code : {RunExit::ready, RunExit::unhealthy, RunExit::not_written, RunExit::busy,
                         RunExit::bad_configuration})
        known.insert(std::to_string(static_cast<int>(code)));
    CHECK(items("unitgate-run.8", "EXIT STATUS", "Li") == known);
}

TEST_CASE("unitgate(1) lists every verb with its words, and every option") {
    Words words, options;
    auto add = [&](std::span<const Option> some) {
        for (const Option& option : some) {
            options.insert("-" + std::string(option.name));
            if (option.letter) options.emplace(1, option.letter);
        }
    };
    add(global_options());
    for (const Verb& verb : verbs()) {
        words.emplace(verb.name);
        for (const SubVerb& sub : verb.sub_verbs)
            words.emplace(sub.name);
        add(verb.options);
    }
    CHECK(items("unitgate.1", "VERBS") == words);
    CHECK(items("unitgate.1", "OPTIONS", "Fl") == options);
}

TEST_CASE("unitgate(1) lists the exit codes of the other verbs") {
    Words known;
    for (int code : {exit_success, exit_failure, exit_usage, exit_not_wanted})
        known.insert(std::to_string(code));
    CHECK(items("unitgate.1", "EXIT STATUS", "Li") == known);
}

TEST_CASE("unitgate(1) lists every code of a finding with its severity, and no others") {
    Words known;
    for (const FindingCode& row : finding_codes()) {
        known.emplace(row.code);
        INFO(row.code);
        std::string text = paragraph("unitgate.1", "FINDINGS", std::string(row.code));
        std::string meaning(row.meaning);
        CHECK(text.find((row.severity == Severity::error ? "\nError: " : "\nWarning: ") + meaning + ".\n") !=
              std::string::npos);
    }
    CHECK(items("unitgate.1", "FINDINGS") == known);
}

TEST_CASE("the table of findings has every code that the sources use, and none that they don't") {
    std::string sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SOURCE_ROOT "/src"))
        if (entry.is_regular_file() && entry.path().filename() != "finding_codes.cpp")
            sources += read_file(entry.path().string()).value_or("");
    Words known, used;
    for (const FindingCode& row : finding_codes()) {
        known.emplace(row.code);
        INFO(row.code);
        CHECK(sources.find('"' + std::string(row.code) + '"') != std::string::npos);
    }
    // After a place or a path; or after a key and how it is read.
    for (
        const char* call :
        {R"rx((?:\.error|diagnose|diagnose_path|finding|add)\((?:[a-z*_]+[^;"]*,|\{\},)\s*"([a-z]+-[a-z-]+)")rx",
         R"rx(\.(?:text|texts|secret_text|bad_value)\([^;"]*"[a-z_]+",[^;"]*"([a-z]+-[a-z-]+)")rx"})
        used.merge(all_matches(sources, call));
    CHECK(used.size() > 30);
    Words missing;
    std::set_difference(used.begin(), used.end(), known.begin(), known.end(),
                        std::inserter(missing, missing.end()));
    CHECK(missing == Words{});
}

TEST_CASE("unitgate-alerts(5) lists the fields that an alert has") {
    Alert alert;
    alert.app = "traefik";
    alert.probe = AlertProbe{};
    Words known = all_matches(alert_text(alert), R"rx("([a-z_]+)":)rx");
    CHECK(known.count("rolled_back_to") == 1);
    CHECK(items("unitgate-alerts.5", "CONTENTS") == known);
}

TEST_CASE("every spec that README.md shows loads without a word") {
    std::string text = read_file(SOURCE_ROOT "/README.md").value();
    int shown = 0;
    for (std::size_t at = 0; (at = text.find("```toml\n", at)) != std::string::npos; ++shown) {
        at += 8;
        std::size_t end = text.find("\n```", at);
        REQUIRE(end != std::string::npos);
        test::TemporaryFolder folder;
        std::ofstream(folder / "proxy.toml") << text.substr(at, end + 1 - at);
        LoadedSpecs loaded = load_specs({{folder.path()}, folder / "unitgate.toml", false});
        for (const Diagnostic& one : loaded.diagnostics)
            UNSCOPED_INFO(format_diagnostic(one));
        CHECK(loaded.diagnostics.empty());
        CHECK(loaded.specs.size() == 1);
    }
    CHECK(shown > 0);
}

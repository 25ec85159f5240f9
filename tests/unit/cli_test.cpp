// SPDX-License-Identifier: MIT
// The command line as its users see it. Texts are golden files in tests/golden/cli; UNITGATE_UPDATE_GOLDEN=1
// writes them anew, and the diff is then to be read.
#include "catch.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include "app/help.hpp"
#include "app/options.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

const std::string program = UNITGATE_PROGRAM;

CommandLine parsed(const std::vector<std::string>& arguments) {
    auto line = parse_command_line(arguments);
    if (!line) FAIL(line.error().message);
    return *line;
}

// What completion offers for the last of `words`.
std::set<std::string> complete(const std::string& words) {
    std::string count = std::to_string(std::count(words.begin(), words.end(), ' '));
    Ran ran = run_shell("bash -c 'source " SOURCE_ROOT "/completions/unitgate; COMP_WORDS=(" + words +
                        "); COMP_CWORD=" + count + "; _unitgate; printf \"%s\\n\" \"${COMPREPLY[@]}\"' 2>&1");
    std::set<std::string> found;
    std::istringstream lines(ran.output);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) found.insert(line);
    return found;
}

} // namespace

TEST_CASE("--help says what the golden files say, for the program and for each verb") {
    CHECK(run_shell(program + " --help").output == golden("cli/help.txt", help_text()));
    CHECK(run_shell(program + " -h").output == help_text());
    for (const Verb& verb : verbs()) {
        std::string name(verb.name);
        INFO(name);
        Ran ran = run_shell(program + " " + name + " --help 2>&1");
        CHECK(ran.code == 0);
        CHECK(ran.output == golden("cli/help-" + name + ".txt", help_text(verb)));
        CHECK(run_shell(program + " --help " + name).output == ran.output);
    }
}

TEST_CASE("Ctrl-C in a pager is the pager's") {
    REQUIRE(run_shell("command -v script").code == 0); // script(1) makes the terminal
    test::TemporaryFolder folder;
    std::ofstream(folder / "a.toml") << "nonsense = 1\n"; // verify has more than two lines to say of it
    std::ofstream(folder / "pager") << "read -r first; kill -INT $PPID; cat >/dev/null; echo quit\n";
    std::ofstream(folder / "call") << "stty rows 2; PAGER='exec sh " + folder / "pager" + "' " + program +
                                          " --specs " + folder.path() + " verify; echo code $?\n";
    Ran ran = run_shell("script -qec 'sh " + folder / "call" + "' /dev/null </dev/null");
    INFO(ran.output);
    CHECK(ran.output.find("quit") != std::string::npos);
    CHECK(ran.output.find("code 1") != std::string::npos); // verify's own
}

TEST_CASE("help fits a terminal of 120 columns, and every verb has its texts") {
    auto fits = [](const std::string& text) {
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
            CHECK(end - at <= 120);
    };
    fits(help_text());
    for (const Verb& verb : verbs()) {
        INFO(verb.name);
        fits(help_text(verb));
        CHECK(verb.function != nullptr);
        CHECK_FALSE(verb.summary.empty());
        CHECK(verb.text.find("Exit codes:") != std::string_view::npos);
    }
}

TEST_CASE("usage errors exit 2 and name the help to type") {
    std::string transcript;
    for (const char* arguments :
         {"", "frobnicate", "verfy", "--jsn verify", "verify --jsn", "generate --reload --to x", "-x",
          "--specs", "verify --state", "--specs= verify", "--json=yes verify", "--s=x verify", "generate",
          "generate --to", "generate --to x y", "generate --to ''", "verify --to x"}) {
        Ran ran = run_shell(program + " " + arguments + " 2>&1 >/dev/null");
        CHECK(ran.code == 2);
        CHECK(ran.output.find("--help'") != std::string::npos);
        transcript += std::string("$ unitgate ") + arguments + "\n" + ran.output;
    }
    CHECK(transcript == golden("cli/usage-errors.txt", transcript));
}

// Run by itself ("unit-root"), so that without root it is counted as skipped.
TEST_CASE("as root, verify of a folder that others may write exits 1 and names the folder and the chmod",
          "[.][root]") {
    if (geteuid() != 0) {
        std::puts("skipped: needs root, as whom alone files are checked");
        std::exit(77); // meson's code for it
    }
    test::TemporaryFolder folder;
    std::ofstream(folder / "app.toml") << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                                          "[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n";
    const std::string verify = program + " --specs " + folder.path() + " verify 2>&1";
    CHECK(run_shell(verify).output.find("untrusted") == std::string::npos);
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    Ran ran = run_shell(verify);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("folder '" + folder.path() + "' may be written by everyone") != std::string::npos);
    CHECK(ran.output.find("chmod go-w " + folder.path() + "\n") != std::string::npos);
}

TEST_CASE("global options stand before or after the verb") {
    for (const auto& arguments : {std::vector<std::string>{"--specs", "/a", "--specs=/b", "--state", "/s",
                                                           "--json", "--no-pager", "verify", "x"},
                                  std::vector<std::string>{"verify", "x", "--specs", "/a", "--specs=/b",
                                                           "--state=/s", "--json", "--no-pager"},
                                  std::vector<std::string>{"--specs", "/a", "verify", "--specs=/b", "x",
                                                           "--json", "--state=/s", "--no-pager"}}) {
        Invocation invocation = parsed(arguments).invocation;
        CHECK(invocation.verb == find_verb("verify"));
        CHECK(invocation.specs.folders == std::vector<std::string>{"/a", "/b"});
        CHECK(invocation.spec_folders == invocation.specs.folders);
        CHECK(invocation.state_folder == "/s");
        CHECK(invocation.json);
        CHECK_FALSE(invocation.pager);
        CHECK(invocation.arguments == std::vector<std::string>{"x"});
    }
    Invocation plain = parsed({"verify"}).invocation;
    CHECK(plain.specs.folders == SpecPath{}.folders);
    CHECK(plain.spec_folders.empty());
    CHECK(plain.state_folder.empty());
    CHECK_FALSE(plain.json);
    CHECK(plain.pager);
}

TEST_CASE("a verb's own option is known after the verb, and '--' ends the options") {
    Invocation invocation = parsed({"generate", "--to", "/x"}).invocation;
    CHECK(invocation.has("to"));
    CHECK(invocation.value("to") == "/x");
    CHECK_FALSE(parse_command_line({"--to", "/x", "generate"}));
    CHECK(parsed({"verify", "--", "--json"}).invocation.arguments == std::vector<std::string>{"--json"});
    CHECK(parsed({"--", "verify"}).invocation.verb == find_verb("verify"));
}

TEST_CASE("--help and --version win over what is missing, not over what is wrong") {
    CHECK(parsed({"generate", "--help"}).asks == CommandLine::Asks::help);
    CHECK(parsed({"--version", "generate"}).asks == CommandLine::Asks::version);
    CHECK_FALSE(parse_command_line({"generate", "--help", "--nonsense"}));
    Ran ran = run_shell(program + " --version");
    CHECK(ran.code == 0);
    CHECK(ran.output == version_text());
}

TEST_CASE("output that cannot be written is a failure, and control bytes of the command line are escaped") {
    Ran full = run_shell(program + " --version 2>&1 >/dev/full");
    CHECK(full.code == 1);
    CHECK(full.output == "unitgate: cannot write to standard output: No space left on device\n");
    Ran escape = run_shell(program + " $'\\x1b[31m' 2>&1 || true");
    CHECK(escape.output.find('\x1b') == std::string::npos);
}

TEST_CASE("shell completion knows every verb, sub-verb and option of the tables, and no other") {
    std::set<std::string> all, global;
    for (const Option& option : global_options())
        global.insert("--" + std::string(option.name));
    CHECK(complete("unitgate --") == global);
    for (const Verb& verb : verbs()) {
        std::string name(verb.name);
        INFO(name);
        all.insert(name);
        std::set<std::string> options = global, subs;
        for (const Option& option : verb.options)
            options.insert("--" + std::string(option.name));
        CHECK(complete("unitgate " + name + " --") == options);
        for (const SubVerb& sub : verb.sub_verbs)
            subs.insert(std::string(sub.name));
        if (!subs.empty()) CHECK(complete("unitgate " + name + " \"\"") == subs);
    }
    CHECK(complete("unitgate \"\"") == all);
    // A host or a machine is no spec.
    for (const char* option : {"-H", "--host", "-M", "--machine"})
        CHECK(complete("unitgate --specs " SOURCE_ROOT "/specs start " + std::string(option) + " dashb")
                  .empty());
    CHECK(complete("unitgate --specs " SOURCE_ROOT "/specs verify d") ==
          std::set<std::string>{"dashboard", "drone"});
}

TEST_CASE("shell completion offers the open alerts, and the cleared ones to be shown") {
    test::TemporaryFolder state;
    std::filesystem::create_directories(state / "alerts/cleared");
    std::ofstream(state / "alerts/20260613T054428Z-a-interrupted.json") << "{}";
    std::ofstream(state / "alerts/cleared/20260612T054428Z-a-interrupted.json") << "{}";
    std::string call = "unitgate --state " + state.path() + " alerts ";
    CHECK(complete(call + "clear 2026") == std::set<std::string>{"20260613T054428Z-a-interrupted"});
    CHECK(complete(call + "show 2026") ==
          std::set<std::string>{"20260612T054428Z-a-interrupted", "20260613T054428Z-a-interrupted"});
    // bash splits "--state=DIR" at the '='.
    CHECK(complete("unitgate alerts clear --state = " + state.path() + " --note x 20260613").size() == 1);
}

TEST_CASE("no verb that makes no request loads libcurl or OpenSSL") {
    test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "specs");
    std::ofstream(folder / "specs/app.toml") << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                                                "[[gate.probe]]\nurl = \"https://127.0.0.1:1/\"\n";
    const std::string line = "LD_DEBUG=files " + program + " --specs " + folder / "specs" + " --state " +
                             folder / "state" + " --no-pager ";
    for (const std::string& verb :
         std::initializer_list<std::string>{"verify", "plan", "status", "alerts", "release app", "--version",
                                            "--help", "generate --to " + folder / "units"}) {
        INFO(verb);
        Ran ran = run_shell(line + verb + " 2>&1");
        CHECK(ran.output.find("libc.so.6") != std::string::npos); // it did tell
        CHECK(ran.output.find("libcurl") == std::string::npos);
        CHECK(ran.output.find("libssl") == std::string::npos);
    }
    // It would tell that.
    CHECK(run_shell(line + "probe app 2>&1").output.find("libcurl") != std::string::npos);
}

TEST_CASE("a verb that asks nobody loads no libsystemd") {
    test::TemporaryFolder image; // with a boot of its own: this host's manager is not asked
    std::filesystem::create_directory(image / "specs");
    std::ofstream(image / "specs/app.toml") << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                                               "[[gate.probe]]\nurl = \"http://127.0.0.1:1/\"\n";
    const std::string line = "LD_DEBUG=files " + program + " --specs " + image / "specs" + " --state " +
                             image / "state" + " --no-pager ";
    for (const std::string& verb : std::initializer_list<std::string>{
             "verify --root " + image.path(), "plan --root " + image.path(), "alerts", "--version", "--help",
             "generate --to " + image / "units"}) {
        INFO(verb);
        Ran ran = run_shell(line + verb + " 2>&1");
        CHECK(ran.output.find("libc.so.6") != std::string::npos); // it did tell
        CHECK(ran.output.find("libsystemd") == std::string::npos);
    }
    // It would tell that.
    CHECK(run_shell(line + "status 2>&1").output.find("libsystemd") != std::string::npos);
}

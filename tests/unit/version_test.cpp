// SPDX-License-Identifier: MIT
// The wanted version and what a run executes.
#include "catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "deploy/command.hpp"
#include "deploy/version.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

Result<std::string> look_up(const VersionSource& source) {
    Event event = std::move(*Event::create());
    Result<std::string> found = fail("never asked");
    VersionLookup lookup(event, source, {"PATH=/usr/bin:/bin", "MARK=7"}, [&](Result<std::string> version) {
        found = std::move(version);
        event.exit();
    });
    REQUIRE(lookup.start());
    CHECK_FALSE(found); // never from within start()
    REQUIRE(event.loop());
    return found;
}

VersionSource command(std::vector<std::string> words, Duration timeout = 30s) {
    VersionSource source;
    source.kind = VersionSource::Kind::command;
    source.command = std::move(words);
    source.timeout = timeout;
    return source;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

TEST_CASE("a version is one line of printable ASCII") {
    CHECK(version_from("5.1.1+v3.6.15\n") == "5.1.1+v3.6.15");
    CHECK(version_from("5.1.1\r\n") == "5.1.1");
    CHECK(version_from("release 5") == "release 5");
    CHECK(version_from(std::string(128, 'x')));
    for (const std::string& bad :
         {std::string(), std::string("\n"), std::string("1\n2"), std::string("1\n\n"), std::string(129, 'x'),
          std::string("-rf"), std::string("1\x1b[2J"), std::string("1\t2"), std::string("1.0\xc3\xa9"),
          std::string("1\0", 2)}) {
        INFO(bad);
        CHECK_FALSE(version_from(bad));
    }
}

TEST_CASE("a version is pinned, read from a file, or asked of a command") {
    VersionSource source;
    source.text = "5.1.1";
    CHECK(look_up(source) == "5.1.1");

    test::TemporaryFolder folder;
    source.kind = VersionSource::Kind::file;
    source.text = folder / "version";
    CHECK_FALSE(look_up(source));
    std::ofstream(source.text) << "5.2\n";
    CHECK(look_up(source) == "5.2");
    source.text = folder / "fifo";
    REQUIRE(::mkfifo(source.text.c_str(), 0600) == 0);
    CHECK_FALSE(look_up(source)); // and does not wait for a writer

    CHECK(look_up(command({"printf", "5.3\\n"})) == "5.3");
    CHECK(look_up(command({"sh", "-c", "echo $MARK"})) == "7");
}

TEST_CASE("a version command that fails, hangs or babbles gives no version and says why") {
    Result<std::string> version = look_up(command({"sh", "-c", "exit 3"}));
    REQUIRE_FALSE(version);
    CHECK(version.error().message == "version command 'sh' exited with status 3");
    version = look_up(command({"sleep", "1000"}, 50ms));
    REQUIRE_FALSE(version);
    CHECK(version.error().message == "version command 'sleep' took longer than 50ms and was ended");
    version = look_up(command({"yes"}));
    REQUIRE_FALSE(version);
    CHECK(version.error().message == "version command 'yes' printed too much and was ended");
    version = look_up(command({"no-such-program"}));
    REQUIRE_FALSE(version);
    CHECK(version.error().message ==
          "version command: cannot run 'no-such-program': not found in PATH '/usr/bin:/bin'");
    version = look_up(command({"printf", "1\\n2\\n"}));
    REQUIRE_FALSE(version);
    CHECK(version.error().message == "version command 'printf' gave no version: there is more than one line");
}

TEST_CASE("a deploy command sees its versions and nothing of the manager's") {
    Spec spec;
    spec.name = "proxy";
    spec.deploy.environment = {
        {"STACK", "traefik"}, {"UNITGATE_NAME", "forged"}, {"TAG", "v{app_version}-{version}-{other}"}};
    const Expansion expansion{"2", "2a"};
    auto all =
        run_environment(spec, {"2", "1"},
                        {"PATH=/bin", "STACK=x", "NOTIFY_SOCKET=/run/n", "WATCHDOG_USEC=1", "WATCHDOG_PID=1",
                         "LISTEN_FDS=1", "LISTEN_PID=1", "CREDENTIALS_DIRECTORY=/run/c", "STATE_DIRECTORY=/s",
                         "INVOCATION_ID=abc", "EMPTY=", "=odd"},
                        &expansion);
    CHECK(all == std::vector<std::string>{"EMPTY=", "INVOCATION_ID=abc", "PATH=/bin", "STACK=traefik",
                                          "TAG=v2a-2-{other}", "UNITGATE_NAME=proxy", "UNITGATE_PREVIOUS=1",
                                          "UNITGATE_VERSION=2"});
    CHECK_FALSE(has(run_environment(spec, {"", "1"}, {}, nullptr), "STACK=traefik"));
}

TEST_CASE("a rollback uses its own command where there is one") {
    Spec spec;
    spec.deploy.command = {"up", "{version}", "--app={app_version}"};
    spec.deploy.timeout = 3min;
    Expansion expansion{"5.1.1+v3", "3"};
    CHECK(deploy_command(spec, expansion, false, {}).command ==
          std::vector<std::string>{"up", "5.1.1+v3", "--app=3"});
    CHECK(deploy_command(spec, expansion, true, {}).command.front() == "up");
    spec.rollback.command = {"back", "{version}"};
    spec.deploy.directory = "/srv";
    ProcessOptions options = deploy_command(spec, expansion, true, {"A=1"});
    CHECK(options.command == std::vector<std::string>{"back", "5.1.1+v3"});
    CHECK(options.directory == "/srv");
    CHECK(options.timeout == 3min);
    CHECK(options.environment == std::vector<std::string>{"A=1"});
    CHECK(deploy_command(spec, expansion, false, {}).command.front() == "up");
}

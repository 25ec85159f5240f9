// SPDX-License-Identifier: MIT
// Commands as children: how they end, what they inherit, and that nothing of an ended one is left.
#include "catch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "io/process.hpp"
#include "io/process_tree.hpp"
#include "running.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using test::runs;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t room = 65536;

ProcessOptions shell(const std::string& script) {
    ProcessOptions options;
    options.command = {"sh", "-c", script};
    options.directory = "/";
    options.environment = {"PATH=/usr/bin:/bin", "RUN=" + std::to_string(::getpid())};
    options.capture = room;
    return options;
}

ProcessEnd run(const ProcessOptions& options) {
    Event event = std::move(*Event::create());
    ProcessEnd result;
    auto process = Process::start(event, options, [&](ProcessEnd end) {
        result = std::move(end);
        event.exit();
    });
    if (!process) FAIL(process.error().message);
    REQUIRE(event.loop());
    return result;
}

// Runs `script` until it writes a line to $READY, then ends it; gives how it ended.
ProcessEnd end_when_ready(const std::string& script, Duration grace) {
    Event event = std::move(*Event::create());
    ProcessEnd result;
    test::TemporaryFolder folder;
    std::string fifo = folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    ProcessOptions options = shell(script);
    options.environment.push_back("READY=" + fifo);
    options.capture = 0;
    auto process = Process::start(event, options, [&](ProcessEnd end) {
        result = std::move(end);
        event.exit();
    });
    REQUIRE(process);
    Source source;
    auto watched = add_io(event, reader.get(), EPOLLIN, [&](std::uint32_t) {
        source.reset();
        (*process)->end(grace);
        (*process)->end(grace); // a second one changes nothing
    });
    REQUIRE(watched);
    source = std::move(*watched);
    REQUIRE(event.loop());
    ::unlink(fifo.c_str());
    return result;
}

} // namespace

TEST_CASE("a command's exit status and signal are told") {
    CHECK(run(shell("exit 0")).succeeded());
    ProcessEnd end = run(shell("exit 3"));
    CHECK_FALSE(end.succeeded());
    CHECK(describe(end, 1s) == "exited with status 3");
    end = run(shell("kill -SEGV $$"));
    CHECK(end.how == ProcessEnd::How::killed);
    CHECK(describe(end, 1s) == "was killed by SIGSEGV");
    end.out_of_memory = true;
    end.status = SIGKILL;
    CHECK(describe(end, 1s) == "was killed for lack of memory");
}

TEST_CASE("a command inherits its folder and environment, default signals and nothing else") {
    CHECK(run(shell("pwd; echo ${PATH}; cat")).output == "/\n/usr/bin:/bin\n"); // cat: stdin is empty
    Fd extra(::fcntl(STDERR_FILENO, F_DUPFD, 57));                              // not close-on-exec
    REQUIRE(extra);
    CHECK(run(shell("[ -e /proc/$$/fd/" + std::to_string(extra.get()) + " ] || echo closed")).output ==
          "closed\n");
    ::signal(SIGPIPE, SIG_IGN);
    ProcessEnd end = run(shell("exec cat /proc/self/status"));
    ::signal(SIGPIPE, SIG_DFL);
    for (const char* kind : {"SigBlk", "SigIgn", "SigCgt"}) {
        INFO(end.output);
        CHECK(end.output.find(std::string(kind) + ":\t0000000000000000\n") != std::string::npos);
    }
    end = run(shell("set -- $(cat /proc/$$/stat); [ $1 = $5 ] && echo leader"));
    CHECK(end.output == "leader\n");
}

TEST_CASE("a command that can't be executed is an error with its cause") {
    Event event = std::move(*Event::create());
    ProcessOptions options = shell("");
    auto never = [](ProcessEnd) { FAIL("done for a command that never ran"); };
    options.command = {"unitgate-no-such-command"};
    auto process = Process::start(event, options, never);
    REQUIRE_FALSE(process);
    CHECK(process.error().message ==
          "cannot run 'unitgate-no-such-command': not found in PATH '/usr/bin:/bin'");
    options.command = {"/etc/passwd"};
    process = Process::start(event, options, never);
    REQUIRE_FALSE(process);
    CHECK(process.error().message == "cannot run '/etc/passwd': Permission denied");
    CHECK(process.error().remedy == "'chmod +x /etc/passwd' makes it a program");
    test::TemporaryFolder folder;
    auto remedy_of_script = [&](const std::string& text) {
        std::ofstream(folder / "script") << text;
        std::filesystem::permissions(folder / "script", std::filesystem::perms::owner_all);
        options.command = {folder / "script"};
        auto script = Process::start(event, options, never);
        REQUIRE_FALSE(script);
        return script.error().remedy;
    };
    CHECK(remedy_of_script("#!/no/such/shell\n").find("the program of its first line") != std::string::npos);
    CHECK(remedy_of_script("echo hi\n").find("a first line such as '#!/bin/sh'") != std::string::npos);
    options.command = {"/no/such/program"};
    CHECK(Process::start(event, options, never).error().remedy.empty());
    options.command = {"true"};
    options.directory = "/no/such/folder";
    process = Process::start(event, options, never);
    REQUIRE_FALSE(process);
    CHECK(process.error().message ==
          "cannot run 'true' in folder '/no/such/folder': No such file or directory");
    options.command = {};
    CHECK_FALSE(Process::start(event, options, never));
}

TEST_CASE("output is kept up to its bound, and more ends the command") {
    ProcessOptions options = shell("printf 12345678");
    options.capture = 8;
    CHECK(run(options).output == "12345678");
    CHECK(run(options).succeeded());
    options.capture = 7;
    ProcessEnd end = run(options);
    CHECK(end.output == "1234567");
    CHECK(end.how == ProcessEnd::How::too_much_output);
    options = shell("yes");
    options.capture = 100;
    end = run(options);
    CHECK(end.how == ProcessEnd::How::too_much_output);
    CHECK(end.output.size() == 100);
}

TEST_CASE("of the output of both streams the end can be kept, and a flood of it holds nothing up") {
    ProcessOptions options = shell("printf 12345678; printf abc >&2");
    options.capture = 0;
    options.tail = 5;
    CHECK(run(options).output == "78abc");
    options = shell("yes");
    options.capture = 0;
    options.tail = 5;
    options.timeout = 100ms;
    ProcessEnd end = run(options);
    CHECK(end.how == ProcessEnd::How::timed_out);
    CHECK(end.output.size() == 5);
}

TEST_CASE("a command over its time is ended with all it started") {
    ProcessOptions options = shell("sleep 31501$RUN & sleep 31501$RUN");
    options.timeout = 100ms;
    ProcessEnd end = run(options);
    CHECK(end.how == ProcessEnd::How::timed_out);
    CHECK(describe(end, options.timeout) == "took longer than 100ms and was ended");
    CHECK_FALSE(runs("31501"));
}

TEST_CASE("an ended command may clean up within the grace") {
    ProcessEnd end = end_when_ready("trap 'exit 7' TERM; echo ready >$READY; sleep 31502$RUN & wait", 30s);
    CHECK(end.how == ProcessEnd::How::ended);
    CHECK_FALSE(runs("31502"));
}

TEST_CASE("what ignores SIGTERM is killed after the grace") {
    Instant before = Clock::now();
    end_when_ready("trap '' TERM; sleep 31503$RUN & echo ready >$READY; wait", 100ms);
    CHECK(Clock::now() - before >= 100ms);
    CHECK_FALSE(runs("31503"));
}

TEST_CASE("a process that left the group, lost its parent and ignores SIGTERM is found and killed") {
    // The command stays: one that exits by itself leaves what it started alone, and may be seen to have done
    // so first.
    end_when_ready("trap '' TERM; setsid sh -c 'setsid sleep 31504$RUN & exit' & wait; echo ready >$READY; "
                   "exec sleep 31508$RUN",
                   100ms);
    CHECK_FALSE(runs("31504"));
    CHECK_FALSE(runs("31508"));
}

TEST_CASE("a stopped process is ended too") {
    end_when_ready("sleep 31505$RUN & kill -STOP $!; echo ready >$READY; wait", 30s);
    CHECK_FALSE(runs("31505"));
}

TEST_CASE("what an earlier command left running is no part of a later one") {
    // Deploy commands may leave a server behind; ending the next command must not take that away.
    run(shell("setsid sleep 31506$RUN >/dev/null 2>&1 & "
              "until [ \"$(tr '\\0' ' ' </proc/$!/cmdline)\" = \"sleep 31506$RUN \" ]; do :; done"));
    REQUIRE(runs("31506"));
    end_when_ready("echo ready >$READY; sleep 31507$RUN", 30s);
    CHECK_FALSE(runs("31507"));
    CHECK(runs("31506"));
    for (const ProcessEntry& entry : all_processes())
        if (entry.parent == ::getpid()) ::kill(entry.pid, SIGKILL);
}

TEST_CASE("a line of /proc/PID/stat reads even with brackets in the name") {
    auto entry = parse_stat("42 (a) b (c) S 7 40 40 0 -1");
    REQUIRE(entry);
    CHECK(entry->pid == 42);
    CHECK(entry->parent == 7);
    CHECK(entry->group == 40);
    CHECK_FALSE(entry->zombie);
    CHECK(parse_stat("42 (x) Z 7 40")->zombie);
    CHECK_FALSE(parse_stat(""));
    CHECK_FALSE(parse_stat("42 (x)"));
    CHECK_FALSE(parse_stat("42 (x) S"));
    CHECK_FALSE(parse_stat("a (x) S 1 2"));
}

TEST_CASE("a death for lack of memory is read from the control group") {
    CHECK(unified_cgroup("9:cpu:/x\n0::/system.slice/deploy-proxy.service\n") ==
          "/system.slice/deploy-proxy.service");
    CHECK(unified_cgroup("0::/\n") == "/");
    CHECK_FALSE(unified_cgroup("4:memory:/x\n"));
    CHECK(oom_kill_count("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n") == 1);
    CHECK_FALSE(oom_kill_count("oom 2\n"));
    CHECK_FALSE(oom_kill_count("oom_kill x\n"));
}

// SPDX-License-Identifier: MIT
// The probe of a command: what its end means, and that nothing of it is left.
#include "catch.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "gate/evidence.hpp"
#include "gate_server.hpp"
#include "io/process.hpp"
#include "running.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const std::string run = std::to_string(::getpid());

ExecProbe shell(const std::string& script) {
    return ExecProbe{{"sh", "-c", "RUN=" + run + "; " + script}};
}

std::string fifo_in(const TemporaryFolder& folder, const std::string& name) {
    std::string path = folder / name;
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return path;
}

} // namespace

TEST_CASE("a command passes with exit status 0 alone, and its end is told") {
    CHECK(try_of(shell("exit 0")).passed());
    auto result = try_of(shell("echo HUSH; exit 3"));
    CHECK(cause_name(result.cause) == "exec");
    CHECK(result.detail == "the command exited with status 3");
    CHECK(result.status == 0);
    CHECK_FALSE(result.evidence); // nobody asked for its output
    CHECK(try_of(shell("kill -TERM $$")).detail == "the command was killed by SIGTERM");
    result = try_of(ExecProbe{{"/no/such/program"}});
    CHECK(cause_name(result.cause) == "exec");
    CHECK(result.detail == "cannot run '/no/such/program': No such file or directory");
}

TEST_CASE("a command gets the version as an argument, and no notify socket") {
    ::setenv("NOTIFY_SOCKET", "/run/nobody", 1);
    ExecProbe probe{{"sh", "-c", "[ $1 = 5.1+v3 ] && [ $2 = v3 ] && [ -z \"$NOTIFY_SOCKET\" ]", "sh",
                     "{version}", "{app_version}"}};
    auto result = try_of(probe, 5s, {"5.1+v3", "v3"});
    ::unsetenv("NOTIFY_SOCKET");
    CHECK(result.passed());
    CHECK_FALSE(try_of(probe, 5s, {"5.2", "v3"}).passed());
}

TEST_CASE("a command leads a process group of its own") {
    // proc(5): pid, name, state, parent, group.
    CHECK(try_of(shell("read pid name state parent group rest </proc/$$/stat && [ $group = $$ ] && "
                       "[ $group != " +
                       std::to_string(::getpgrp()) + " ]"))
              .passed());
}

TEST_CASE("the end of a command's output is evidence, kept for a person alone") {
    Event event = Event::create().value();
    auto prober = prober_of(event, shell("yes 0123456 | head -n 1000; echo last >&2; exit 1"));
    prober->inspect();
    auto result = try_once(*prober, event);
    REQUIRE(result.evidence);
    CHECK(result.evidence->output.size() == 4096);
    CHECK(result.evidence->output.ends_with("\n0123456\nlast\n"));
    CHECK(result.detail == "the command exited with status 1");
}

TEST_CASE("a command over its time fails as timeout, also one that never stops printing") {
    auto result = try_of(shell("trap '' TERM; sleep 31601$RUN & sleep 31601$RUN"), 100ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "the command took longer than 100ms and was ended");
    CHECK_FALSE(runs("31601"));
    CHECK(cause_name(try_of(shell("yes"), 100ms).cause) == "timeout");
}

TEST_CASE("what a command leaves running is gone with it, however well it hid") {
    CHECK_FALSE(try_of(shell("sleep 31602$RUN & exit 1")).passed());
    CHECK_FALSE(runs("31602"));
    CHECK(try_of(shell("setsid sh -c \"setsid sleep 31603$RUN & exit\" >/dev/null 2>&1 </dev/null; "
                       "until pgrep -fx \"sleep 31603$RUN\" >/dev/null; do :; done"))
              .passed());
    CHECK_FALSE(runs("31603"));
}

TEST_CASE("a try that is given up leaves nothing running") {
    Event event = Event::create().value();
    TemporaryFolder folder;
    std::string ready = fifo_in(folder, "ready");
    Fd reader(::open(ready.c_str(), O_RDWR | O_CLOEXEC));
    // Ready once the one has left the group.
    auto prober = prober_of(event,
                            shell("setsid sleep 31604$RUN & sleep 31605$RUN & "
                                  "until pgrep -fx \"sleep 31604$RUN\" >/dev/null; do :; done; echo x >" +
                                  ready + "; wait"),
                            60s);
    REQUIRE_FALSE(prober->start([](TryResult) { FAIL("it was given up"); }));
    char byte;
    REQUIRE(::read(reader.get(), &byte, 1) == 1);
    prober.reset();
    const Instant end = Clock::now() + 20s; // a signal takes its time
    while ((runs("31604") || runs("31605")) && Clock::now() < end) {
    }
    CHECK_FALSE(runs("31604"));
    CHECK_FALSE(runs("31605"));
    for (const ProcessEntry& entry : all_processes()) // what is left to be waited for
        if (entry.parent == ::getpid() && entry.zombie) ::waitpid(entry.pid, nullptr, 0);
}

TEST_CASE(
    "a server that another command started is not taken for a probe's, though it loses its parent now") {
    // As a deploy command may: it leaves a process that has forked the server and ends when the gate is on.
    TemporaryFolder folder;
    std::string go = fifo_in(folder, "go"), pid = folder / "pid";
    Event event = Event::create().value();
    ProcessOptions deploy;
    deploy.command = {"sh", "-c",
                      "setsid sh -c 'echo $$ >" + pid + "; setsid sleep 31606" + run + " & read x <" + go +
                          "' >/dev/null 2>&1 & until [ -s " + pid + " ] && pgrep -fx 'sleep 31606" + run +
                          "' >/dev/null; do :; done"};
    deploy.environment = {"PATH=/usr/bin:/bin"};
    bool over = false;
    auto deployed = Process::start(event, deploy, [&](ProcessEnd) { over = true; });
    REQUIRE(deployed);
    run_until(event, over);
    auto result = try_of(shell("echo x >" + go + "; read p <" + pid +
                               "; until grep -q ') Z ' /proc/$p/stat; do :; done; exit 1"));
    CHECK(result.detail == "the command exited with status 1");
    CHECK(runs("31606"));
    // The one that has ended is waited for: zombies must not pile up while a gate polls.
    CHECK(::access(("/proc/" + std::string(unitgate::trim(read_file(pid).value())) + "/stat").c_str(), F_OK) <
          0);
    for (const ProcessEntry& entry : all_processes())
        if (entry.parent == ::getpid()) ::kill(entry.pid, SIGKILL);
}

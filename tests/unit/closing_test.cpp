// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "app/closing.hpp"
#include "app/target.hpp"

using namespace unitgate;

namespace {

JobRow row(const std::string& unit, Progress progress, const std::string& active = "active") {
    JobRow one;
    one.wish = {unit, JobKind::start, {}, {}};
    one.progress = progress;
    one.state.active_state = active;
    return one;
}

BusTarget target_on(BusTarget::Where where, const std::string& name) {
    BusTarget target;
    target.where = where;
    target.name = name;
    return target;
}

} // namespace

TEST_CASE("the exit code of a start is that of its worst unit") {
    FollowEnd end;
    end.rows = {row("a.service", Progress::up), row("b.service", Progress::left_alone)};
    CHECK(start_code(end) == 0);
    end.rows.push_back(row("c.service", Progress::up));
    end.rows.back().state.status_text = "up: 5.1.0; 5.1.1 failed and is held";
    CHECK(start_code(end) == 3);
    end.rows.push_back(row("d.service", Progress::skipped, "inactive"));
    CHECK(start_code(end) == 1);
    end.rows.back().progress = Progress::failed;
    CHECK(start_code(end) == 1);
    FollowEnd gone;
    gone.gone = Error{"gone", {}, 0};
    CHECK(start_code(gone) == 1);
}

TEST_CASE("a start that went well leaves nothing to say") {
    FollowEnd end;
    end.rows = {row("a.service", Progress::up), row("b.service", Progress::left_alone)};
    CHECK(closing_lines(end, {}).empty());
}

TEST_CASE("each way of not coming up ends with the command that helps there") {
    FollowEnd end;
    end.rows = {row("up.service", Progress::up),
                row("failed.service", Progress::failed, "failed"),
                row("after.service", Progress::failed, "inactive"),
                row("skipped.service", Progress::skipped, "inactive"),
                row("new.service", Progress::failed, "inactive"),
                row("masked.service", Progress::failed),
                row("odd\\x2dname.service", Progress::failed, "failed")};
    end.rows[2].by_dependency = true;
    end.rows[2].blocker = "failed.service";
    end.rows[4].refusal.name = "org.freedesktop.systemd1.NoSuchUnit";
    end.rows[5].refusal.name = "org.freedesktop.systemd1.UnitMasked";
    CHECK(closing_lines(end, {}) == "up: up.service\n"
                                    "next: journalctl -b -e -u failed.service\n"
                                    "next: systemctl status skipped.service\n"
                                    "next: systemctl daemon-reload\n"
                                    "next: systemctl unmask masked.service\n"
                                    "next: journalctl -b -e -u 'odd\\x2dname.service'\n");
}

TEST_CASE("a required unit that is not followed is named with its own journal") {
    FollowEnd end;
    end.rows = {row("a.service", Progress::failed, "inactive")};
    end.rows[0].by_dependency = true;
    end.rows[0].blocker = "disk.service";
    end.rows[0].detail = "it requires 'disk.service', which is failed";
    CHECK(closing_lines(end, {}) == "a.service: it requires 'disk.service', which is failed\n"
                                    "next: journalctl -b -e -u disk.service\n");
}

TEST_CASE("jobs that go on are named with the command that watches them") {
    FollowEnd end;
    end.interrupted = true;
    end.rows = {row("a.service", Progress::running), row("b.service", Progress::queued)};
    CHECK(closing_lines(end, target_on(BusTarget::Where::machine, "web1")) ==
          "still running: a.service, b.service\n"
          "watch: systemctl -M web1 list-jobs; systemctl -M web1 status a.service\n");
}

TEST_CASE("whoever is refused is told once whom to ask") {
    FollowEnd end;
    end.rows = {row("a.service", Progress::failed, "inactive"),
                row("b.service", Progress::failed, "inactive")};
    for (JobRow& one : end.rows)
        one.refusal.name = "org.freedesktop.DBus.Error.AccessDenied";
    std::string text = closing_lines(end, {});
    CHECK(text.starts_with("this user may not start units: call it as root or with 'sudo', or ask"));
    CHECK(text.find("may not", 15) == std::string::npos);
}

TEST_CASE("commands for another host are put together as ssh takes them") {
    auto journal = [](const std::string& host) {
        return journal_command(target_on(BusTarget::Where::host, host));
    };
    CHECK(journal("web1") == "ssh web1 journalctl");
    CHECK(journal("ops@web1:2222") == "ssh -p 2222 ops@web1 journalctl");
    CHECK(journal("web1/inner") == "ssh web1 journalctl -M inner");
    CHECK(journal("fe80::1") == "ssh fe80::1 journalctl");
    CHECK(journal_command(target_on(BusTarget::Where::machine, "inner")) == "journalctl -M inner");
    CHECK(target_options(target_on(BusTarget::Where::host, "web1")) == " -H web1");
}

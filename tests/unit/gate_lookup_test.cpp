// SPDX-License-Identifier: MIT
// The probes that look something up on this host: a file, a name.
#include "catch.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/dns_probe.hpp"
#include "gate/evidence.hpp"
#include "gate_server.hpp"
#include "resolver.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

TEST_CASE("a file passes while it exists, be it a folder or behind a link") {
    TemporaryFolder folder;
    std::string path = folder / "1.0-ready";
    FileProbe probe{folder / "{version}-ready", {}};
    auto result = try_of(probe);
    CHECK(cause_name(result.cause) == "missing");
    CHECK(result.detail == "there is no such file");
    REQUIRE(::symlink("real", path.c_str()) == 0);
    CHECK(cause_name(try_of(probe).cause) == "missing"); // the link leads nowhere
    std::ofstream(folder / "real") << "x";
    CHECK(try_of(probe).passed());
    CHECK(try_of(FileProbe{folder.path(), {}}).passed());
    CHECK(cause_name(try_of(FileProbe{path + "/below", {}}).cause) == "missing");
    REQUIRE(::symlink("loop", (folder / "loop").c_str()) == 0);
    result = try_of(FileProbe{folder / "loop", {}});
    CHECK(cause_name(result.cause) == "unreachable");
    CHECK(result.detail == "cannot look at it: Too many levels of symbolic links");
}

TEST_CASE("a file that must be new passes as long as it is") {
    TemporaryFolder folder;
    std::string path = folder / "backup";
    std::ofstream(path) << "x";
    auto written_ago = [&](std::chrono::seconds age) {
        timespec times[2]{};
        times[0].tv_sec = times[1].tv_sec = ::time(nullptr) - age.count();
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
        return try_of(FileProbe{path, Duration(1h)});
    };
    CHECK(written_ago(59min).passed());
    CHECK(written_ago(-1h).passed()); // a clock was set back
    auto result = written_ago(25h);
    CHECK(cause_name(result.cause) == "outdated");
    CHECK(result.detail.starts_with("written 1d 1h ago, want at most 1h"));
}

TEST_CASE("who looks closely sees a file's age and a name's addresses compared, on a pass too") {
    TemporaryFolder folder;
    const std::string path = folder / "backup";
    std::ofstream(path) << "x";
    Event event = Event::create().value();
    auto rows = [&](decltype(Probe::check) check) {
        auto prober = prober_of(event, std::move(check));
        prober->inspect();
        auto result = try_once(*prober, event);
        return result.evidence ? result.evidence->compared : std::vector<Compared>();
    };
    auto age = rows(FileProbe{path, Duration(1h)});
    REQUIRE(age.size() == 1);
    CHECK(age[0].what == "age");
    CHECK(age[0].wanted == "at most 1h");
    CHECK(age[0].matches);
    timespec old[2]{};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
    age = rows(FileProbe{path, Duration(1h)});
    REQUIRE(age.size() == 1);
    CHECK_FALSE(age[0].matches);
    CHECK(rows(FileProbe{path, {}}).empty());

    auto addresses = rows(DnsProbe{"127.0.0.1", {"127.0.0.1", "192.0.2.1"}});
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].matches);
    CHECK(addresses[1].what == "address");
    CHECK(addresses[1].wanted == "192.0.2.1");
    CHECK(addresses[1].got == "127.0.0.1");
    CHECK_FALSE(addresses[1].matches);
    CHECK_FALSE(try_of(FileProbe{path, Duration(1h)}).evidence); // a gate has no use for it
}

TEST_CASE("a look-up takes as long as it takes, also where the loop is busy beside it") {
    Event event = Event::create().value();
    auto prober = prober_of(event, FileProbe{"/", {}});
    bool over = false;
    TryResult got;
    REQUIRE_FALSE(prober->start([&](TryResult result) {
        got = std::move(result);
        over = true;
    }));
    std::this_thread::sleep_for(500ms);
    run_until(event, over);
    CHECK(got.took > Duration(0));
    CHECK(got.took < 500ms);
}

TEST_CASE("a name passes when it resolves, to every address that is wanted") {
    CHECK(try_of(DnsProbe{"localhost", {}}).passed());
    CHECK(try_of(DnsProbe{"localhost", {"127.0.0.1"}}).passed());
    auto result = try_of(DnsProbe{"127.0.0.1", {"127.0.0.1", "192.0.2.1"}});
    CHECK(cause_name(result.cause) == "address");
    CHECK(result.detail == "resolves to 127.0.0.1, not to 192.0.2.1");
    result = try_of(DnsProbe{"nowhere.invalid", {}});
    CHECK(cause_name(result.cause) == "dns");
    CHECK(result.detail == "the name does not resolve");
    CHECK(judge_addresses({"2001:db8::1"}, {"192.0.2.1", "2001:db8::1"}).passed());
    CHECK(judge_addresses({"a"}, {"1", "2", "3", "4", "5"}).detail ==
          "resolves to 1, 2, 3, 4, ..., not to a");
}

TEST_CASE("a name is looked up over IPv4 and IPv6") {
    {
        FixedName both("both.invalid", {"192.0.2.1", "2001:db8::1"});
        CHECK(try_of(DnsProbe{"both.invalid", {"2001:db8::1", "192.0.2.1"}}).passed());
        auto result = try_of(DnsProbe{"both.invalid", {"2001:db8::2"}});
        CHECK(cause_name(result.cause) == "address");
        CHECK(result.detail == "resolves to 192.0.2.1, 2001:db8::1, not to 2001:db8::2");
    }
    for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
        FixedName alone("alone.invalid", {address});
        CHECK(try_of(DnsProbe{"alone.invalid", {}}).passed());
        CHECK(try_of(DnsProbe{"alone.invalid", {address}}).passed());
    }
}

TEST_CASE("a look-up that hangs ends its try and is not asked again; its late answer is the next try's") {
    HungResolver resolver;
    Event event = Event::create().value();
    auto prober = prober_of(event, DnsProbe{"hang.invalid", {}}, 500ms);
    auto result = try_once(*prober, event);
    CHECK(cause_name(result.cause) == "dns");
    CHECK(result.detail == "the name was not resolved within 500ms");
    bool over = false;
    TryResult late;
    REQUIRE_FALSE(prober->start([&](TryResult result) {
        late = std::move(result);
        over = true;
    }));
    resolver.let_go();
    run_until(event, over);
    CHECK(late.detail == "the name does not resolve");
    CHECK(resolver.asked() == 1);
    try_once(*prober, event);
    CHECK(resolver.asked() == 2);
}

TEST_CASE("a prober that is given up while a look-up hangs is gone at once") {
    HungResolver resolver;
    Event event = Event::create().value();
    auto prober = prober_of(event, DnsProbe{"hang.invalid", {}}, 5s);
    REQUIRE_FALSE(prober->start([](TryResult) { FAIL("it was given up"); }));
    prober.reset();
    resolver.let_go();
    CHECK(sd_event_run(event.get(), 0) >= 0); // whatever the thread says now finds nobody
}

// SPDX-License-Identifier: MIT
// The gate's shell over probers that a test plays, and over real ones; and that it may go at any time.
#include "catch.hpp"

#include <atomic>
#include <ctime>
#include <deque>
#include <dirent.h>
#include <fstream>

#include "gate/gate.hpp"
#include "gate_server.hpp"
#include "io/listen_watch.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

// Gives one result after the other, the last one for ever; an empty list never answers.
class FakeProber : public Prober {
  public:
    // Its results come from the loop and at once by turns, the first from the loop if `late`.
    FakeProber(const Event& event, std::deque<Cause> results, bool late = false)
        : event_(event), results_(std::move(results)), at_once_(late) {}
    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        if (results_.empty()) return std::nullopt;
        TryResult result;
        result.cause = results_.front();
        if (results_.size() > 1) results_.pop_front();
        at_once_ = !at_once_;
        if (at_once_) return result;
        source_ = add_defer(event_, [done = std::move(done), result] { done(result); }).value();
        return std::nullopt;
    }
    std::string target() const override { return "fake"; }

  private:
    const Event& event_;
    std::deque<Cause> results_;
    Source source_;
    bool at_once_; // the result before
};

// Fails until it is told otherwise, and says when that is.
class TellingProber : public Prober {
  public:
    explicit TellingProber(std::size_t& tries) : tries_(tries) {}
    std::optional<TryResult> start(std::function<void(TryResult)>) override {
        ++tries_;
        TryResult result;
        result.cause = cause_;
        result.told = true;
        return result;
    }
    void on_change(std::function<void()> changed) override { changed_ = std::move(changed); }
    std::string target() const override { return "telling"; }
    void become(Cause cause) {
        cause_ = cause;
        changed_();
    }

  private:
    std::size_t& tries_;
    Cause cause_ = Cause::inactive;
    std::function<void()> changed_;
};

// A closed port; with a cost of an hour the next poll is as far away.
class DearProber : public Prober {
  public:
    DearProber(const bool& is_open, int& tries, Duration cost)
        : is_open_(is_open), tries_(tries), cost_(cost) {}
    std::optional<TryResult> start(std::function<void(TryResult)>) override {
        ++tries_;
        TryResult result;
        if (!is_open_) result.cause = Cause::refused;
        result.cost = cost_;
        return result;
    }
    std::string target() const override { return "dear"; }

  private:
    const bool& is_open_;
    int& tries_;
    Duration cost_;
};

// Passes at once, and holds something until it is destroyed.
class HoldingProber : public Prober {
  public:
    explicit HoldingProber(bool& holds) : holds_(holds) { holds_ = true; }
    ~HoldingProber() override { holds_ = false; }
    std::optional<TryResult> start(std::function<void(TryResult)>) override { return TryResult(); }
    std::string target() const override { return "holding"; }

  private:
    bool& holds_;
};

// Uses so much CPU time in this thread.
void work(Duration most) {
    auto used = [] {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    };
    for (const auto end = used() + most; used() < end;) {
    }
}

struct Fixture {
    Event event = Event::create().value();
    std::unique_ptr<Gate> gate;
    std::vector<GateReport> progress;
    std::optional<GateReport> verdict;
    bool over = false;
    int verdicts = 0;

    Gate::Callbacks callbacks() {
        return {[this](const GateReport& report) { progress.push_back(report); },
                [this](const GateReport& report) {
                    verdict = report;
                    over = true;
                    ++verdicts;
                }};
    }
    void make(std::vector<std::deque<Cause>> plays, RuleLimits limits = {5s, 1s, 0s, 1, {}}) {
        Probers all;
        for (auto& play : plays) {
            all.roles.push_back(all.names.size() < limits.roles.size() ? limits.roles[all.names.size()]
                                                                       : ProbeRole::counted);
            all.names.push_back("probe-" + std::to_string(all.names.size() + 1));
            all.probers.push_back(std::make_unique<FakeProber>(event, play));
        }
        gate = Gate::with_probers(event, limits, std::move(all), callbacks());
    }
    void make(std::vector<decltype(Probe::check)> checks, Duration deadline = 5s) {
        GateSection section;
        for (auto& check : checks)
            section.probes.push_back(probe_of(check));
        gate = Gate::create(event, section, deadline, {"1", "1"}, {}, callbacks()).value();
    }
    void turn(int times) {
        for (int i = 0; i < times; ++i)
            if (sd_event_run(event.get(), 1000) < 0) throw std::runtime_error("loop");
    }
};

std::size_t open_files() {
    std::size_t count = 0;
    DIR* folder = opendir("/proc/self/fd");
    while (readdir(folder))
        ++count;
    closedir(folder);
    return count;
}

} // namespace

TEST_CASE("a closed port is tried when something begins to listen, not at the next poll") {
    Fixture f;
    auto watch = ListenWatch::open(f.event, [] {});
    if (!watch) WARN("polling is tested instead: " << watch.error().message);
    bool is_open = false;
    int tries = 0;
    Probers all;
    all.names = {"probe-1"};
    all.probers.push_back(std::make_unique<DearProber>(is_open, tries, watch ? Duration(1h) : Duration(0)));
    all.roles = {ProbeRole::counted};
    f.gate = Gate::with_probers(f.event, {10s, 1h, 0s, 1, {}}, std::move(all), f.callbacks());
    f.gate->start();
    REQUIRE(f.event.run_until([&] { return tries > 0; }));
    is_open = true;
    std::uint16_t port = 0;
    Fd listening = listen_on_loopback(port);
    run_until(f.event, f.over);
    CHECK(f.verdict->passed);
}

TEST_CASE("a gate reports each change of cause and then its verdict, once") {
    Fixture f;
    f.make(std::vector<std::deque<Cause>>{{Cause::refused, Cause::refused, Cause::status, Cause::none}});
    f.gate->start();
    CHECK(f.progress.empty()); // not from within start()
    run_until(f.event, f.over);
    CHECK(f.verdict->passed);
    CHECK(f.verdict->probes[0].tries == 4);
    CHECK(f.verdict->culprit() == nullptr);
    REQUIRE(f.progress.size() == 2);
    CHECK(f.progress[0].culprit()->last.cause == Cause::refused);
    CHECK(f.progress[1].culprit()->last.cause == Cause::status);
    CHECK(f.progress[0].left <= 5s);
    f.turn(5);
    CHECK(f.verdicts == 1);
}

TEST_CASE("a gate fails at its deadline and names the probe that fails or hangs") {
    Fixture f;
    f.make({{Cause::none}, {Cause::tls}}, {80ms, 10ms, 0s, 1, {}});
    f.gate->start();
    run_until(f.event, f.over);
    CHECK_FALSE(f.verdict->passed);
    CHECK(f.verdict->culprit()->name == "probe-2");
    CHECK(f.verdict->took >= 80ms);
    CHECK(f.verdict->left == 0s);

    Fixture hangs;
    hangs.make({{Cause::none}, {}}, {50ms, 10ms, 0s, 1, {}});
    hangs.gate->start();
    run_until(hangs.event, hangs.over);
    REQUIRE(hangs.verdict->culprit());
    CHECK(hangs.verdict->culprit()->name == "probe-2");
    CHECK(hangs.verdict->culprit()->last.cause == Cause::timeout);
}

TEST_CASE("a probe that tells of its pass is heard at once, however long the interval is") {
    Fixture f;
    std::size_t tries = 0;
    auto made = std::make_unique<TellingProber>(tries);
    TellingProber* prober = made.get();
    Probers all{{"unit"}, {}, {ProbeRole::counted}};
    all.probers.push_back(std::move(made));
    f.gate = Gate::with_probers(f.event, {30s, 20s, 0s, 1, {}}, std::move(all), f.callbacks());
    f.gate->start();
    auto change = add_timer(f.event, Clock::now() + 30ms, [&] {
                      CHECK(tries == 1); // nothing is polled
                      prober->become(Cause::none);
                      CHECK_FALSE(f.over); // it may be in the middle of something
                  }).value();
    run_until(f.event, f.over);
    CHECK(f.verdict->passed);
    CHECK(f.verdict->took < 15s);
    CHECK(tries == 2);
}

TEST_CASE("a deadline of zero fails from the loop, not from within start") {
    Fixture f;
    f.make(std::vector<std::deque<Cause>>{{Cause::none}}, {0s, 1s, 0s, 1, {}});
    f.gate->start();
    CHECK_FALSE(f.over);
    run_until(f.event, f.over);
    CHECK_FALSE(f.verdict->passed);
}

TEST_CASE("an interval of zero leaves the loop its turns") {
    Fixture busy; // its deadline is far: only a loop that gets no turn would see it first
    busy.make(std::vector<std::deque<Cause>>{{Cause::refused}}, {60s, 0s, 0s, 1, {}});
    busy.gate->start();
    bool turned = false;
    auto other = add_timer(busy.event, Clock::now() + 10ms, [&] { turned = true; }).value();
    run_until(busy.event, turned);
    CHECK_FALSE(busy.over);

    Fixture f;
    f.make(std::vector<std::deque<Cause>>{{Cause::refused, Cause::refused, Cause::refused, Cause::none}},
           {60s, 0s, 0s, 1, {}});
    f.gate->start();
    run_until(f.event, f.over);
    CHECK(f.verdict->passed);
    CHECK(f.verdict->probes[0].tries == 4);

    Fixture late;
    late.make(std::vector<std::deque<Cause>>{{Cause::refused}}, {50ms, 0s, 0s, 1, {}});
    late.gate->start();
    run_until(late.event, late.over);
    CHECK_FALSE(late.verdict->passed);
}

TEST_CASE("one try of each probe passes only if all pass") {
    for (bool good : {true, false}) {
        Fixture f;
        f.make(
            std::vector<std::deque<Cause>>{{Cause::none}, {good ? Cause::none : Cause::body}, {Cause::none}});
        f.gate->try_once();
        run_until(f.event, f.over);
        CHECK(f.verdict->passed == good);
        CHECK((f.verdict->culprit() != nullptr) == !good);
        for (auto& probe : f.verdict->probes)
            CHECK(probe.tries == 1);
    }
}

TEST_CASE("progress comes each second while nothing changes") {
    Fixture f;
    f.make(std::vector<std::deque<Cause>>{{}}, {2500ms, 1s, 0s, 1, {}});
    f.gate->start();
    run_until(f.event, f.over);
    CHECK(f.progress.size() == 2);
}

TEST_CASE("the verdict that a gate has passed comes before what its probes hold is given back") {
    Fixture f;
    bool holds = false, held = false;
    Probers all{{"a"}, {}, {ProbeRole::counted}};
    all.probers.push_back(std::make_unique<HoldingProber>(holds));
    Gate::Callbacks callbacks;
    callbacks.done = [&](const GateReport& report) {
        CHECK(report.passed);
        held = holds;
        f.over = true;
    };
    f.gate = Gate::with_probers(f.event, {5s, 1s, 0s, 1, {}}, std::move(all), callbacks);
    f.gate->start();
    run_until(f.event, f.over);
    CHECK(held);
    f.gate.reset();
    CHECK_FALSE(holds);
}

TEST_CASE("a gate tries now and then before its interval is over, so that many gates do not stay in step") {
    // So dear a try is followed by a pause of the whole interval, and without jitter by none that is shorter.
    constexpr Duration interval = 200ms;
    std::atomic<Instant> answered{Instant()};
    std::atomic<bool> sooner{false};
    Server dear([&](int fd, Server& server) {
        while (server.read_request(fd)) {
            if (Clock::now() - answered.load() < interval) sooner = true;
            work(5ms);
            answered = Clock::now();
            if (!Server::send_text(fd, http(502, ""))) return;
        }
    });
    Fixture f;
    GateSection section;
    section.interval = interval;
    section.probes = {probe_of(http_probe(dear.port))};
    f.gate = Gate::create(f.event, section, 60s, {"1", "1"}, {}, f.callbacks()).value();
    f.gate->start();
    while (!sooner && dear.requests < 50)
        f.turn(1);
    CHECK(sooner);
}

TEST_CASE("a gate may be destroyed from each of its callbacks") {
    for (bool once : {true, false})
        for (bool at_progress : {true, false}) {
            Fixture f;
            bool gone = false;
            auto drop = [&](const GateReport& report) {
                f.gate.reset();
                gone = !report.probes.empty(); // the report is whole still
            };
            Probers all{{"a", "b"}, {}, {ProbeRole::counted, ProbeRole::counted}};
            for (auto cause : {Cause::refused, Cause::none})
                all.probers.push_back(
                    std::make_unique<FakeProber>(f.event, std::deque<Cause>{cause}, cause == Cause::none));
            Gate::Callbacks callbacks;
            (at_progress ? callbacks.progress : callbacks.done) = drop;
            f.gate = Gate::with_probers(f.event, {30ms, 10ms, 0s, 1, {}}, std::move(all), callbacks);
            once ? f.gate->try_once() : f.gate->start();
            run_until(f.event, gone);
            f.turn(20);
        }
}

TEST_CASE("a gate over real probes may be destroyed with tries in flight, and leaves nothing open") {
    Server hangs([](int fd, Server&) { Server::wait_for_end(fd); });
    Server bad(answering(http(502, "")));
    ClosedPort closed;
    std::uint16_t full_port = 0;
    Fd full = listen_on_loopback(full_port, 0);
    auto check_all = [&](int turns) {
        Fixture f;
        HttpProbe named;
        named.url = "http://nowhere.invalid/";
        f.make({http_probe(hangs.port), http_probe(bad.port), http_probe(closed.port), named,
                TcpProbe{{"127.0.0.1", closed.port}}, TcpProbe{{"127.0.0.1", full_port}},
                UnixProbe{"/nowhere"}});
        f.gate->start();
        f.turn(turns);
        f.gate.reset();
        f.turn(3);
    };
    check_all(50);
    std::this_thread::sleep_for(50ms); // the servers' threads close their ends
    auto before = open_files();
    for (int turns = 0; turns < 60; ++turns)
        check_all(turns);
    for (int i = 0; i < 300 && open_files() > before; ++i)
        std::this_thread::sleep_for(10ms);
    CHECK(open_files() <= before);
}

TEST_CASE("a gate may be destroyed from its callback after a real request") {
    Server bad(answering(http(502, "")));
    for (bool once : {true, false}) {
        Fixture f;
        bool gone = false;
        GateSection section;
        section.probes = {probe_of(http_probe(bad.port))};
        auto drop = [&](const GateReport&) {
            f.gate.reset();
            gone = true;
        };
        Gate::Callbacks callbacks{once ? nullptr : std::function<void(const GateReport&)>(drop), drop};
        f.gate = Gate::create(f.event, section, 5s, {"1", "1"}, {}, callbacks).value();
        once ? f.gate->try_once() : f.gate->start();
        run_until(f.event, gone);
        f.turn(3);
    }
}

TEST_CASE("a gate opens as soon as its app listens and answers") {
    ClosedPort port;
    Fixture f;
    f.make({http_probe(port.port)});
    f.gate->start();
    f.turn(200);
    CHECK_FALSE(f.over);
    REQUIRE_FALSE(f.progress.empty());
    CHECK(f.progress[0].culprit()->last.cause == Cause::refused);
    // The app: the very socket that was bound all along starts to listen.
    REQUIRE(listen(port.fd.get(), 16) == 0);
    std::thread app([&] {
        Fd fd(accept(port.fd.get(), nullptr, nullptr));
        char buffer[4096];
        if (recv(fd.get(), buffer, sizeof buffer, 0) > 0) Server::send_text(fd.get(), http(200, "ok"));
        Server::wait_for_end(fd.get());
    });
    run_until(f.event, f.over);
    CHECK(f.verdict->passed);
    CHECK(f.verdict->probes[0].tries >= 2);
    f.gate.reset();
    app.join();
}

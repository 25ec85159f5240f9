// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/run_watch.hpp"
#include "base/fd.hpp"
#include "io/event.hpp"
#include "io/journal.hpp"
#include "io/notify.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace std::chrono_literals;
using unitgate::test::TemporaryFolder;

namespace {

// A manager that reads what it is told; file descriptors that come along are kept until asked otherwise.
class FakeManager {
  public:
    FakeManager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path().c_str());
        REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        timeval limit{5, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    std::string path() const { return folder_ / "notify"; }
    int fd() const { return fd_.get(); }

    // The next message; "" when none waits.
    std::string next(bool wait = false) {
        char text[4096];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec part{text, sizeof text};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        ssize_t n = ::recvmsg(fd_.get(), &header, (wait ? 0 : MSG_DONTWAIT) | MSG_CMSG_CLOEXEC);
        if (n < 0) return {};
        if (cmsghdr* first = CMSG_FIRSTHDR(&header)) {
            int attached = -1;
            std::memcpy(&attached, CMSG_DATA(first), sizeof attached);
            attached_.reset(attached);
        }
        return {text, static_cast<std::size_t>(n)};
    }
    bool holds_barrier() const { return static_cast<bool>(attached_); }
    void release_barrier() { attached_.reset(); }

    Notify connect() const {
        ::setenv("NOTIFY_SOCKET", path().c_str(), 1);
        auto made = Notify::from_environment();
        REQUIRE(made);
        return std::move(*made);
    }

  private:
    TemporaryFolder folder_;
    Fd fd_, attached_;
};

} // namespace

TEST_CASE("without a socket nothing is told and nothing fails") {
    ::unsetenv("NOTIFY_SOCKET");
    auto notify = Notify::from_environment();
    REQUIRE(notify);
    CHECK_FALSE(notify->active());
    notify->status("x");
    notify->status("x", 1s);
    CHECK(notify->ready("up"));
}

TEST_CASE("the socket's variable is gone from the environment, so that no child can say READY=1") {
    FakeManager manager;
    Notify notify = manager.connect();
    CHECK(notify.active());
    CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
    for (auto bad : {"relative", "/", "@", "vsock:2:1"}) {
        ::setenv("NOTIFY_SOCKET", bad, 1);
        INFO(bad);
        CHECK_FALSE(Notify::from_environment());
        CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
    }
    ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
    CHECK(Notify::from_environment().error().code == ENAMETOOLONG);
}

TEST_CASE("an abstract socket is reached too") {
    Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    std::string name = "@unitgate-test-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    auto notify = Notify::from_environment();
    REQUIRE(notify);
    notify->status("hello");
    char text[64];
    CHECK(::recv(fd.get(), text, sizeof text, MSG_DONTWAIT) == 12);
}

TEST_CASE("a status is one escaped line, cut to 200 bytes, and not repeated while it stays the same") {
    FakeManager manager;
    Notify notify = manager.connect();
    notify.status("gate: try 1");
    notify.status("gate: try 1");
    notify.status("gate: try 2");
    notify.status("evil\nREADY=1");
    notify.status(std::string(500, 'x'));
    notify.status(std::string(500, 'x') + "y");
    CHECK(manager.next() == "STATUS=gate: try 1");
    CHECK(manager.next() == "STATUS=gate: try 2");
    CHECK(manager.next() == "STATUS=evil\\nREADY=1");
    CHECK(manager.next() == "STATUS=" + std::string(197, 'x') + "...");
    CHECK(manager.next() == "");
}

TEST_CASE(
    "an extension is told in microseconds, with its status in one message, also where that is the same") {
    FakeManager manager;
    Notify notify = manager.connect();
    notify.status("deploying", 90s);
    notify.status("deploying", 60s);
    notify.status("deploying");
    CHECK(manager.next() == "STATUS=deploying\nEXTEND_TIMEOUT_USEC=90000000");
    CHECK(manager.next() == "STATUS=deploying\nEXTEND_TIMEOUT_USEC=60000000");
    CHECK(manager.next() == "");
}

TEST_CASE("ready returns only when the manager has read it and let go of the barrier") {
    FakeManager manager;
    Notify notify = manager.connect();
    std::string first, second;
    std::atomic<bool> returned = false, returned_early = false;
    std::thread reader([&] {
        first = manager.next(true);
        second = manager.next(true);
        // Time to be wrong in; a right one is still waiting, however long this takes.
        std::this_thread::sleep_for(20ms);
        returned_early = returned.load();
        manager.release_barrier();
    });
    auto told = notify.ready("up: 5.1.1", 30s);
    returned = true;
    reader.join();
    CHECK(told);
    CHECK(first == "READY=1\nSTATUS=up: 5.1.1");
    CHECK(second == "BARRIER=1");
    CHECK_FALSE(returned_early);
    notify.status("up: 5.1.1"); // it is known already
    CHECK(manager.next() == "");
}

TEST_CASE("the barrier alone tells nothing and waits in the same way") {
    FakeManager manager;
    Notify notify = manager.connect();
    CHECK(Notify().barrier());
    CHECK(notify.barrier(20ms).error().code == ETIMEDOUT);
    CHECK(manager.next() == "BARRIER=1");
    CHECK(manager.next().empty());
}

TEST_CASE("a manager that does not answer the barrier holds nobody for ever") {
    FakeManager manager;
    Notify notify = manager.connect();
    auto told = notify.ready("up", 20ms);
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ETIMEDOUT);
    CHECK(manager.next() == "READY=1\nSTATUS=up"); // it was sent
    CHECK(manager.next() == "BARRIER=1");
    CHECK(manager.holds_barrier());
}

TEST_CASE("a full socket drops a status without waiting and takes a later one") {
    FakeManager manager;
    Notify notify = manager.connect();
    Instant before = Clock::now();
    for (int i = 0; i < 2000; ++i)
        notify.status("try " + std::to_string(i));
    CHECK(Clock::now() - before < 4s); // a send that waits has a limit of 30 s
    int got = 0;
    while (!manager.next().empty())
        ++got;
    CHECK(got > 0);
    CHECK(got < 2000);
    notify.status("try 1999"); // dropped before: not taken for known
    CHECK(manager.next() == "STATUS=try 1999");
}

TEST_CASE("ready fails when the manager is gone") {
    Notify notify;
    {
        FakeManager manager;
        notify = manager.connect();
    }
    CHECK_FALSE(notify.ready("up"));
    notify.status("x");
}

TEST_CASE("the journal is there or not, and a check does not make it so") {
    bool there = ::access("/run/systemd/journal/socket", F_OK) == 0;
    if (!there) CHECK_FALSE(journal_present());
    if (journal_present()) CHECK(there);
}

TEST_CASE("a descriptor leads to the journal where systemd says so, and no other one does") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Fd in(ends[0]), out(ends[1]);
    struct stat own {};
    REQUIRE(::fstat(out.get(), &own) == 0);
    ::unsetenv("JOURNAL_STREAM");
    CHECK_FALSE(leads_to_journal(out.get()));
    ::setenv("JOURNAL_STREAM", (std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino)).c_str(), 1);
    CHECK(leads_to_journal(out.get()));
    CHECK_FALSE(leads_to_journal(in.get() + 1000)); // closed
    Fd other(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    CHECK_FALSE(leads_to_journal(other.get()));
    ::unsetenv("JOURNAL_STREAM");
}

TEST_CASE("the watchdog is fed while the watch gets on, and only then") {
    FakeManager manager;
    ReportTo to;
    to.notify = manager.connect();
    Report report(std::move(to), "app", "app");
    ::setenv("WATCHDOG_USEC", "20000", 1);
    Event event = Event::create().value();
    bool gets_on = true;
    int asked = 0;
    auto fed_in_five_turns = [&] {
        asked = 0;
        REQUIRE(event.run_until([&] { return asked >= 5; }));
        int fed = 0;
        while (manager.next() == "WATCHDOG=1")
            ++fed;
        return fed;
    };
    WatchdogTimer timer(event, report, [&] {
        ++asked;
        return gets_on;
    });
    ::unsetenv("WATCHDOG_USEC");
    CHECK(fed_in_five_turns() >= 5);
    gets_on = false;
    CHECK(fed_in_five_turns() == 0);
    gets_on = true;
    CHECK(fed_in_five_turns() == 5);
}

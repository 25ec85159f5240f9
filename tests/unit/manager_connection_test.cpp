// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "temporary_folder.hpp"

#include <cstring>
#include <numeric>
#include <sys/socket.h>
#include <sys/un.h>
#include <vector>

#include "base/fd.hpp"
#include "systemd/manager_connection.hpp"

using namespace unitgate;

namespace {

// Takes connections and never says a word, as a manager that hangs.
Fd silent_peer(const std::string& path) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd.get(), 4) == 0);
    return fd;
}

// A connection to one.
struct Silence {
    test::TemporaryFolder folder;
    Fd peer = silent_peer(folder / "private");
    Event event = Event::create().value();
    ManagerConnection connection{event};
    Silence() { REQUIRE(connection.open_direct(folder / "private")); }
};

const BusCall ping{"org.example", "/org/example", "org.freedesktop.DBus.Peer", "Ping"};

} // namespace

TEST_CASE("each call on a connection that is given up fails, under way or waiting, and so does a later one") {
    Silence silence;
    ManagerConnection& connection = silence.connection;
    std::vector<int> failed;
    auto call = [&](int number) {
        connection.call(ping, [&failed, number](BusResult<BusReader> reply) {
            CHECK((!reply && reply.error().is_gone()));
            failed.push_back(number);
        });
    };
    for (int number = 0; number < 150; ++number) // more than a bus lets wait for an answer
        call(number);
    CHECK(failed.empty());
    connection.give_up();
    call(150);
    std::vector<int> all(151);
    std::iota(all.begin(), all.end(), 0);
    CHECK(failed == all);
}

TEST_CASE("a call may be made on a connection from the failure of another one on it") {
    Silence silence;
    ManagerConnection& connection = silence.connection;
    int failed = 0;
    connection.call(ping, [&](BusResult<BusReader> reply) {
        failed += !reply;
        connection.call(ping, [&](BusResult<BusReader> again) { failed += !again; });
    });
    connection.give_up();
    CHECK(failed == 2);
    CHECK(!connection.is_open());
    silence.peer.reset(); // what the bus still has to say of those calls is nobody's business any more
    bool ended = false;
    auto soon = add_timer(silence.event, Clock::now() + std::chrono::milliseconds(50), [&] { ended = true; });
    REQUIRE(soon);
    REQUIRE(silence.event.run_until([&] { return ended; }));
    CHECK(failed == 2);
    silence.peer = silent_peer(silence.folder / "anew");
    REQUIRE(connection.open_direct(silence.folder / "anew"));
    connection.call(ping, [&](BusResult<BusReader> reply) { failed += !reply; });
    CHECK(failed == 2); // it waits for its answer
}

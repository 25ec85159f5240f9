// SPDX-License-Identifier: MIT
// The kernel's word that a socket begins to listen. Where this process may not ask for it, an error says so.
#include "catch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "io/listen_watch.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

TEST_CASE("who watches is told each time that a socket begins to listen, or why that can't be") {
    auto event = Event::create();
    REQUIRE(event);
    int told = 0;
    auto watch = ListenWatch::open(*event, [&] { ++told; });
    if (!watch) {
        INFO(watch.error().message);
        CHECK(watch.error().message.starts_with("cannot watch for sockets that begin to listen: "));
        WARN("only the refusal is tested here: " << watch.error().message);
        return;
    }
    for (int round = 1; round <= 300; ++round) { // more than the ring holds unless it is emptied
        Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0);
        REQUIRE(::listen(socket.get(), 1) == 0);
        int before = told;
        REQUIRE(event->run_until([&] { return told > before; }));
    }
}

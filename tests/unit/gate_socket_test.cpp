// SPDX-License-Identifier: MIT
// The socket probes, and connections that must not count as one.
#include "catch.hpp"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include <sys/un.h>

#include "gate_server.hpp"
#include "io/socket.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

Fd bind_unix(const std::string& path) {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@') address.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] != '@'));
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) < 0) return Fd();
    return fd;
}

} // namespace

TEST_CASE("a tcp probe passes when something listens and is refused else") {
    Server server([](int fd, Server&) { Server::wait_for_end(fd); });
    CHECK(try_of(TcpProbe{{"127.0.0.1", server.port}}).passed());
    ClosedPort closed;
    auto result = try_of(TcpProbe{{"127.0.0.1", closed.port}});
    CHECK(cause_name(result.cause) == "refused");
    CHECK(result.detail == "connection refused");
    Event event = Event::create().value();
    CHECK(prober_of(event, TcpProbe{{"::1", 80}})->target() == "tcp [::1]:80");
}

TEST_CASE("a unix probe knows missing, stale, full and abstract sockets") {
    TemporaryFolder folder;
    std::string path = folder / "socket";
    auto result = try_of(UnixProbe{path});
    CHECK(cause_name(result.cause) == "unreachable");
    CHECK(result.detail == "cannot connect: No such file or directory");
    Fd bound = bind_unix(path);
    REQUIRE(bound);
    CHECK(cause_name(try_of(UnixProbe{path}).cause) == "refused"); // bound, and nobody listens
    REQUIRE(listen(bound.get(), 0) == 0);
    CHECK(try_of(UnixProbe{path}).passed());
    TryResult full = try_of(UnixProbe{path});
    CHECK(full.detail == "cannot connect: the listener's queue is full");
    CHECK(full.cause == Cause::unreachable); // not `refused`: somebody listens
    std::string name = "@unitgate-test-" + std::to_string(getpid());
    CHECK(cause_name(try_of(UnixProbe{name}).cause) == "refused");
    Fd abstract = bind_unix(name);
    REQUIRE(abstract);
    REQUIRE(listen(abstract.get(), 4) == 0);
    CHECK(try_of(UnixProbe{name}).passed());
    CHECK(cause_name(try_of(UnixProbe{"/" + std::string(200, 'x')}).cause) == "unreachable");
    unlink(path.c_str());
}

TEST_CASE("a listener whose queue is full is a time-out") {
    std::uint16_t port = 0;
    Fd listener = listen_on_loopback(port, 0);
    std::vector<Connection> held;
    for (int i = 0; i < 4; ++i)
        held.push_back(begin_connecting(SocketAddress{"127.0.0.1", port}));
    auto result = try_of(TcpProbe{{"127.0.0.1", port}}, 100ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "not connected within 100ms");
}

TEST_CASE("a socket that is connected to itself is no server") {
    std::uint16_t port = 0;
    Fd fd = listen_on_loopback(port, -1);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    REQUIRE(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    REQUIRE(connect(fd.get(), reinterpret_cast<sockaddr*>(&own), size) == 0); // the kernel allows that
    CHECK(finish_connecting(std::move(fd)).error == ECONNREFUSED);
    CHECK(listen_on_loopback(port)); // and it does not keep the app from its port
}

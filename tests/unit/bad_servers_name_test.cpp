// SPDX-License-Identifier: MIT
// Names that resolve badly, or to servers of which some are dead.
#include <netinet/in.h>

#include "bad_servers.hpp"
#include "io/socket.hpp"
#include "resolver.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const ServerScript healthy = {
    {Do::read}, {Do::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, {Do::again}};

HttpProbe probe_of_name(std::uint16_t port) {
    HttpProbe probe;
    probe.url = "http://fixed.invalid:" + std::to_string(port) + "/";
    return probe;
}

// What a try is measured after: one of a server that is as it should be, under another name.
struct Healthy {
    BadServer server = BadServer::start(healthy).value();
    HttpProbe probe;
    Healthy() {
        probe.url = "http://app.invalid/";
        probe.connect = server.address();
    }
};

// Takes no connection on 127.0.0.2, or where else: its queue is full.
struct DeadEnd {
    Fd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::vector<Fd> queue;
    explicit DeadEnd(std::uint16_t port, unsigned last_byte = 2) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last_byte);
        address.sin_port = htons(port);
        if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
            listen(listener.get(), 0) < 0)
            throw std::runtime_error("a dead end can't be listened on");
        for (int error = 0; error != EINPROGRESS;) {
            Connection one = begin_connecting(SocketAddress{"127.0.0." + std::to_string(last_byte), port});
            error = one.error;
            queue.push_back(std::move(one.fd));
            if (queue.size() > 64) throw std::runtime_error("the queue never fills");
        }
    }
};

} // namespace

TEST_CASE("bad servers: names that resolve to nothing") {
    Healthy other;
    HttpProbe probe;
    probe.url = "http://nowhere.invalid/";
    check_try("no such name", probe, 10s, Cause::dns, other.probe);
    HungResolver resolver;
    probe.url = "http://hang.invalid/";
    check_try("no answer", probe, hang, Cause::dns, other.probe);
    probe.url = "https://hang.invalid/";
    check_try("no answer, for TLS", probe, hang, Cause::dns, other.probe);
}

TEST_CASE("bad servers: a name that has IPv6 alone") {
    Healthy other;
    FixedName only("fixed.invalid", {"::1"});
    BadServer server = BadServer::start(healthy, nullptr, BadServer::Place::ipv6).value();
    check_try("a healthy one", probe_of_name(server.address().port), 10s, Cause::none, other.probe);
    BadServer closed = BadServer::refusing(BadServer::Place::ipv6).value();
    check_try("a closed port", probe_of_name(closed.address().port), 10s, Cause::refused, other.probe);
}

TEST_CASE("bad servers: a name that is pinned to an IPv6 address") {
    Healthy other;
    BadServer server = BadServer::start(healthy, nullptr, BadServer::Place::ipv6).value();
    HttpProbe probe = probe_of_name(80);
    probe.connect = server.address();
    REQUIRE(probe.connect->text().starts_with("[::1]:"));
    check_try("a healthy one", probe, 10s, Cause::none, other.probe);
    BadServer closed = BadServer::refusing(BadServer::Place::ipv6).value();
    probe.connect = closed.address();
    check_try("a closed port", probe, 10s, Cause::refused, other.probe);
}

TEST_CASE("bad servers: two addresses, one of them dead") {
    Healthy other;
    BadServer server = BadServer::start(healthy).value();
    const HttpProbe probe = probe_of_name(server.address().port);
    struct Row {
        const char* what;
        std::vector<std::string> addresses;
        Cause want;
    };
    for (const Row& row :
         {Row{"refused first", {"127.0.0.2", "127.0.0.1"}, Cause::none},
          Row{"refused last", {"127.0.0.1", "127.0.0.2"}, Cause::none},
          Row{"the other family refused", {"::1", "127.0.0.1"}, Cause::none},
          Row{"refused three times", {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"}, Cause::none},
          Row{"both dead", {"127.0.0.2", "127.0.0.3"}, Cause::refused}}) {
        FixedName name("fixed.invalid", row.addresses);
        check_try(row.what, probe, 10s, row.want, other.probe);
    }
}

TEST_CASE(
    "bad servers: the address that is dead is dropped, and the loop sleeps until the other one answers") {
    auto place = GENERATE(BadServer::Place::ipv4, BadServer::Place::ipv6);
    BadServer mute = BadServer::start({{Do::read}, {Do::hang}}, nullptr, place).value();
    DeadEnd dead(mute.address().port);
    FixedName name("fixed.invalid", {"127.0.0.2", place == BadServer::Place::ipv4 ? "127.0.0.1" : "::1"});
    Event event = Event::create().value();
    auto prober = prober_of(event, probe_of_name(mute.address().port), 1s);
    CHECK(cause_name(try_once(*prober, event).cause) == "timeout");
    std::uint64_t turns = 0;
    sd_event_get_iteration(event.get(), &turns);
    CHECK(turns < 200); // some 12; it was 300,000
}

TEST_CASE("bad servers: three addresses, the first two of which take no connection") {
    Healthy other;
    BadServer server = BadServer::start(healthy).value();
    DeadEnd mute(server.address().port);
    HttpProbe probe = probe_of_name(server.address().port);
    DeadEnd mute_too(server.address().port, 3);
    {
        // Half of the time goes to the first, half of what is left to the second.
        FixedName third("fixed.invalid", {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
        check_try("the third answers", probe, 4s, Cause::none, other.probe, true);
    }
    FixedName alone("fixed.invalid", {"127.0.0.2"});
    check_try("no connection", probe, hang, Cause::timeout, other.probe);
}

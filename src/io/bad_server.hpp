// SPDX-License-Identifier: MIT
// A server on the loopback that does what a script says, right or wrong, in a process of its own: there it
// may block, send without end or hang without holding up the event loop that the probes run in. The process
// dies with this object and with whoever made it. Used by `prove` and by tests; never reached from outside
// the host.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/time.hpp"
#include "io/throwaway_authority.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct ServerStep {
    enum class Do {
        handshake,    // TLS from here on
        read,         // a request, to the blank line below its headers
        read_http_2,  // a request of HTTP/2, to the end of its first stream
        read_some,    // whatever comes first, at least a byte
        send,         // `text`
        send_forever, // `text`, again and again
        drip,         // `text`, a byte each `pause`
        hang,         // until the peer has gone
        half_close,   // this side's end, with TLS too, then until the peer has gone
        cut,          // this side's end, of TLS without a word
        reset,        // the connection ends with a RST
        again,        // from the first step after the handshake
    } what = Do::hang;
    std::string text = {};
    Duration pause{0};
};
// What is done on each connection; at its end the connection is closed as by half_close.
using ServerScript = std::vector<ServerStep>;

class BadServer {
  public:
    enum class Place { ipv4, ipv6, unix_socket };
    // Listens at once, on a port of the kernel's choice or a name in the abstract namespace (unix(7)). Serves
    // one connection after the other. `identity` is for `handshake`.
    static Result<BadServer> start(ServerScript script, const ServerIdentity* identity = nullptr,
                                   Place place = Place::ipv4);
    // Where nothing listens; nobody else can get the address meanwhile.
    static Result<BadServer> refusing(Place place = Place::ipv4);
    // A listener whose queue is full: over IP a connection to it comes to nothing, and no error.
    static Result<BadServer> full(Place place = Place::ipv4);

    BadServer(BadServer&& other) noexcept;
    BadServer& operator=(BadServer&&) = delete;
    ~BadServer();

    const SocketAddress& address() const { return address_; } // of an IP one
    const std::string& path() const { return path_; }         // "@NAME" of a Unix one

  private:
    BadServer() = default;
    static Result<BadServer> bound(Place place);
    Fd listener_;
    std::vector<Fd> queue_; // of a full one
    SocketAddress address_;
    std::string path_;
    pid_t pid_ = -1;
};

} // namespace unitgate

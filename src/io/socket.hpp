// SPDX-License-Identifier: MIT
// Stream connections that never block: TCP to a numeric address, and Unix sockets (connect(2), unix(7)).
// Used by plain exchanges, by the socket probes, and by the HTTP probe while its port is closed. Sends and
// receives nothing.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct Connection {
    Fd fd;         // non-blocking, close-on-exec; where it failed: none, or one to be tried again
    int error = 0; // 0: connected. EINPROGRESS: wait for EPOLLOUT, then finish_connecting(). Else the errno.
};

// On the loopback the answer is there at once. A closed port costs three system calls where the socket of the
// last refused connection is given as `spare`: making and closing one costs more than the connect.
Connection begin_connecting(const SocketAddress& address, Fd spare = Fd());
// An absolute path, or '@' and a name in the abstract namespace. ENAMETOOLONG past 107 bytes.
Connection begin_connecting(const std::string& unix_path);
// A TCP socket on the loopback whose peer it is itself (RFC 9293, simultaneous open): what is written comes
// back. Its connect() has not been asked for its result yet, as libcurl makes one more. None where that
// fails.
Fd connect_to_itself();
// What came of a connection in progress.
Connection finish_connecting(Fd fd);

} // namespace unitgate

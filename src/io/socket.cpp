// SPDX-License-Identifier: MIT
#include "io/socket.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace unitgate {

namespace {

// A connect to a closed port out of the range of ephemeral ports can meet itself (RFC 9293, simultaneous
// open): the kernel picks the very port as the source, and the probe would pass without any server. Such a
// socket is closed with a reset, as it would keep the app from listening.
bool is_connected_to_itself(int fd) {
    sockaddr_storage own{}, peer{};
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) < 0 || own.ss_family == AF_UNIX)
        return false;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) < 0) return false;
    return own_size == peer_size && std::memcmp(&own, &peer, own_size) == 0;
}

Connection failed(int error) {
    return {Fd(), error};
}

// A second connect takes the error of a first that failed and leaves the socket as good as new, on Linux
// (connect(2) leaves that open). None is made where the first succeeded: libcurl makes one of its own.
Connection begin(const sockaddr* address, socklen_t size, Fd fd) {
    if (!fd) fd.reset(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return failed(errno);
    if (connect(fd.get(), address, size) == 0) return finish_connecting(std::move(fd));
    if (errno != EINPROGRESS) return failed(errno);
    pollfd ready{fd.get(), POLLOUT, 0};
    if (poll(&ready, 1, 0) <= 0) return {std::move(fd), EINPROGRESS};
    if (!(ready.revents & POLLERR)) return finish_connecting(std::move(fd));
    int error = connect(fd.get(), address, size) < 0 ? errno : ECONNREFUSED;
    if (error == ECONNREFUSED || error == EINPROGRESS) return {std::move(fd), error};
    return failed(error);
}

} // namespace

Connection begin_connecting(const SocketAddress& address, Fd spare) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        return begin(reinterpret_cast<sockaddr*>(&v4), sizeof v4, std::move(spare));
    }
    if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        return begin(reinterpret_cast<sockaddr*>(&v6), sizeof v6, std::move(spare));
    }
    return failed(EINVAL);
}

Connection begin_connecting(const std::string& unix_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (unix_path.empty()) return failed(EINVAL);
    if (unix_path.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG);
    std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
    std::size_t size = offsetof(sockaddr_un, sun_path) + unix_path.size();
    if (unix_path[0] == '@')
        address.sun_path[0] = '\0';
    else
        ++size; // the closing NUL, which an abstract name has not
    return begin(reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size), Fd());
}

Fd connect_to_itself() {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    auto* address = reinterpret_cast<sockaddr*>(&own);
    if (!fd || bind(fd.get(), address, size) < 0 || getsockname(fd.get(), address, &size) < 0) return Fd();
    if (connect(fd.get(), address, size) < 0 && errno != EINPROGRESS) return Fd();
    return fd;
}

Connection finish_connecting(Fd fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
    if (error) return failed(error);
    if (is_connected_to_itself(fd.get())) {
        linger reset{1, 0};
        setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        return failed(ECONNREFUSED);
    }
    return {std::move(fd), 0};
}

} // namespace unitgate

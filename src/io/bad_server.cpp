// SPDX-License-Identifier: MIT
#include "io/bad_server.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "io/bad_server_talk.hpp"
#include "io/socket.hpp"

namespace unitgate {

namespace {

// What only the parent is to have: its blocked signals, and ways to outlive it.
void become_server(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

[[noreturn]] void serve(int listener, const ServerScript& script, const ServerIdentity* identity) {
    for (;;) {
        Fd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection && errno != EINTR && errno != ECONNABORTED) ::_exit(1);
        if (!connection) continue;
        int on = 1; // else the second small part of an answer waits for the peer's delayed ACK
        ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        try {
            talk(std::move(connection), script, identity);
        } catch (...) {
            ::_exit(1); // out of memory: the probe sees a reset
        }
    }
}

socklen_t loopback(BadServer::Place place, sockaddr_storage& storage) {
    if (place == BadServer::Place::ipv4) {
        auto& address = reinterpret_cast<sockaddr_in&>(storage);
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof address;
    }
    if (place == BadServer::Place::ipv6) {
        auto& address = reinterpret_cast<sockaddr_in6&>(storage);
        address.sin6_family = AF_INET6;
        address.sin6_addr = in6addr_loopback;
        return sizeof address;
    }
    storage.ss_family = AF_UNIX;
    return sizeof(sa_family_t); // "autobind", unix(7): the kernel finds a free name
}

} // namespace

Result<BadServer> BadServer::bound(Place place) {
    BadServer server;
    sockaddr_storage storage{};
    socklen_t size = loopback(place, storage);
    server.listener_.reset(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!server.listener_) return fail_errno("cannot make a socket for a local server", errno);
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    if (::bind(server.listener_.get(), address, size) < 0)
        return fail_errno("cannot bind the socket of a local server", errno);
    size = sizeof storage;
    if (::getsockname(server.listener_.get(), address, &size) < 0)
        return fail_errno("cannot find the address of a local server", errno);
    if (place == Place::ipv4) {
        server.address_ = {"127.0.0.1", ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port)};
    } else if (place == Place::ipv6) {
        server.address_ = {"::1", ntohs(reinterpret_cast<sockaddr_in6&>(storage).sin6_port)};
    } else {
        auto& name = reinterpret_cast<sockaddr_un&>(storage);
        server.path_ = "@" + std::string(name.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
    }
    return server;
}

Result<BadServer> BadServer::start(ServerScript script, const ServerIdentity* identity, Place place) {
    auto server = bound(place);
    if (!server) return server;
    if (::listen(server->listener_.get(), 16) < 0)
        return fail_errno("cannot listen on a local server", errno);
    pid_t parent = ::getpid();
    server->pid_ = ::fork();
    if (server->pid_ < 0) return fail_errno("cannot start a local server", errno);
    if (server->pid_ == 0) {
        become_server(parent);
        serve(server->listener_.get(), script, identity);
    }
    server->listener_.reset(); // it listens on: the child has it
    return server;
}

Result<BadServer> BadServer::refusing(Place place) {
    return bound(place);
}

Result<BadServer> BadServer::full(Place place) {
    auto server = bound(place);
    if (!server) return server;
    if (::listen(server->listener_.get(), 0) < 0) return fail_errno("cannot listen on a local server", errno);
    constexpr int most = 64;
    for (int i = 0; i < most; ++i) {
        Connection one = place == Place::unix_socket ? begin_connecting(server->path_)
                                                     : begin_connecting(server->address_);
        if (one.error == EAGAIN || one.error == EINPROGRESS) {
            if (one.fd) server->queue_.push_back(std::move(one.fd));
            return server;
        }
        if (one.error) return fail_errno("cannot fill the queue of a local server", one.error);
        server->queue_.push_back(std::move(one.fd));
    }
    return fail("cannot fill the queue of a local server: this kernel takes every connection");
}

BadServer::BadServer(BadServer&& other) noexcept
    : listener_(std::move(other.listener_)), queue_(std::move(other.queue_)),
      address_(std::move(other.address_)), path_(std::move(other.path_)),
      pid_(std::exchange(other.pid_, -1)) {}

BadServer::~BadServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace unitgate

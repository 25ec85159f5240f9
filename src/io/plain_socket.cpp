// SPDX-License-Identifier: MIT
#include "io/plain_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace unitgate {

bool PlainSocket::serves(const HttpRequest& request) {
    return request.url.starts_with("http:") && (request.connect || !request.socket.empty());
}

PlainSocket::PlainSocket(const Event& event, const HttpRequest& request)
    : event_(event), request_(request), connecting_(event) {}

void PlainSocket::start(Duration timeout, Instant ends, Fd connected, std::function<void(HttpAnswer)> done) {
    close();
    done_ = std::move(done);
    timeout_ = timeout;
    std::optional<Connection> made(Connection{std::move(connected), 0});
    if (!made->fd) {
        Connection begun = request_.socket.empty() ? begin_connecting(*request_.connect, connecting_.spare())
                                                   : begin_connecting(request_.socket);
        const Duration left =
            std::max(std::chrono::duration_cast<Duration>(ends - Clock::now()), Duration(0));
        made = connecting_.start(std::move(begun), left, [this](Connection late) { take(std::move(late)); });
    }
    if (!made) return;
    auto shared = std::make_shared<Connection>(std::move(*made)); // std::function copies what it holds
    soon_ = needed(add_defer(event_, [this, shared] {
        soon_.reset();
        take(std::move(*shared));
    }));
}

void PlainSocket::take(Connection connection) {
    HttpAnswer answer;
    ConnectionFailure failure = explain_connection(connection.error, timeout_);
    answer.failure = failure.kind;
    answer.detail = std::move(failure.detail);
    if (connection.error == 0) {
        fd_ = std::move(connection.fd);
        const int on = 1; // as libcurl does; not for a Unix socket, which refuses it
        ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    std::exchange(done_, nullptr)(std::move(answer)); // may destroy this
}

bool PlainSocket::send(std::string_view bytes) {
    ssize_t sent = 0;
    do
        sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == ECONNRESET || errno == EPIPE)) lost_ = ECONNRESET;
    return lost_ || sent == static_cast<ssize_t>(bytes.size()); // what is lost can be read at once
}

std::optional<std::size_t> PlainSocket::receive(std::span<char> to) {
    if (lost_) { // what came before is no answer to what did not go out
        error_ = lost_;
        return std::nullopt;
    }
    ssize_t count = 0;
    do
        count = ::recv(fd_.get(), to.data(), to.size(), 0);
    while (count < 0 && errno == EINTR);
    if (count > 0) return static_cast<std::size_t>(count);
    error_ = count < 0 ? errno : 0;
    if (error_ == EAGAIN) return 0;
    return std::nullopt;
}

bool PlainSocket::explain_lost(HttpAnswer& answer) const {
    answer.failure = error_ == 0 || error_ == ECONNRESET ? HttpFailure::reset : HttpFailure::unreachable;
    answer.detail = error_ == 0            ? "connection closed without an answer"
                    : error_ == ECONNRESET ? "connection reset"
                                           : std::string("connection lost: ") + std::strerror(error_);
    return error_ == 0;
}

void PlainSocket::close() {
    connecting_.cancel();
    lost_ = 0;
    soon_.reset();
    fd_.reset();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "io/connecting.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/epoll.h>

namespace unitgate {

std::optional<Connection> Connecting::start(Connection begun, Duration timeout,
                                            std::function<void(Connection)> done) {
    if (begun.error == ECONNREFUSED) spare_ = std::move(begun.fd);
    if (begun.error != EINPROGRESS) return begun;
    pending_ = std::move(begun);
    done_ = std::move(done);
    watch_ = needed(add_io(event_, pending_.fd.get(), EPOLLOUT, [this](std::uint32_t) {
        watch_.reset(); // before its descriptor goes
        finish(finish_connecting(std::move(pending_.fd)));
    }));
    timer_ = needed(add_timer(event_, Clock::now() + timeout, [this] {
        watch_.reset();
        pending_.fd.reset();
        finish({Fd(), ETIMEDOUT});
    }));
    return std::nullopt;
}

void Connecting::cancel() {
    watch_.reset(); // before its descriptor goes
    timer_.reset();
    pending_.fd.reset();
    done_ = nullptr;
}

void Connecting::finish(Connection connection) {
    watch_.reset();
    timer_.reset();
    std::exchange(done_, nullptr)(std::move(connection));
}

ConnectionFailure explain_connection(int error, Duration timeout) {
    switch (error) {
    case 0:
        return {};
    case ECONNREFUSED:
        return {HttpFailure::refused, "connection refused"};
    case EAGAIN: // unix(7): the listener's queue is full, so somebody does listen
        return {HttpFailure::unreachable, "cannot connect: the listener's queue is full"};
    case ECONNRESET:
        return {HttpFailure::reset, "connection reset while connecting"};
    case ETIMEDOUT:
        return {HttpFailure::timeout, "not connected within " + format_duration(timeout)};
    default:
        return {HttpFailure::unreachable, std::string("cannot connect: ") + std::strerror(error)};
    }
}

} // namespace unitgate

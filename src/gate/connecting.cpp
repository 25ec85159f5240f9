// SPDX-License-Identifier: MIT
#include "gate/connecting.hpp"

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

void Connecting::finish(Connection connection) {
    watch_.reset();
    timer_.reset();
    std::exchange(done_, nullptr)(std::move(connection));
}

TryResult judge_connection(int error, Duration timeout) {
    TryResult result;
    switch (error) {
    case 0:
        break;
    case ECONNREFUSED:
        result.cause = Cause::refused;
        result.detail = "connection refused";
        break;
    case EAGAIN: // unix(7): the listener's queue is full, so somebody does listen
        result.cause = Cause::unreachable;
        result.detail = "cannot connect: the listener's queue is full";
        break;
    case ECONNRESET:
        result.cause = Cause::reset;
        result.detail = "connection reset while connecting";
        break;
    case ETIMEDOUT:
        result.cause = Cause::timeout;
        result.detail = "not connected within " + format_duration(timeout);
        break;
    default:
        result.cause = Cause::unreachable;
        result.detail = std::string("cannot connect: ") + std::strerror(error);
    }
    return result;
}

} // namespace unitgate

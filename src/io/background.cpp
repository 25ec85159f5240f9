// SPDX-License-Identifier: MIT
#include "io/background.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/fd.hpp"

namespace unitgate {

// What the thread and the loop share.
struct Background::Running {
    std::function<void()> call;
    Fd ended;
};

Status Background::start(std::function<void()> call, std::function<void()> done) {
    auto running = std::make_shared<Running>(Running{std::move(call), Fd(eventfd(0, EFD_CLOEXEC))});
    if (!running->ended) return fail_errno("cannot begin a call in the background", errno);
    auto source =
        add_io(event_, running->ended.get(), EPOLLIN, [this, done = std::move(done)](std::uint32_t) mutable {
            eventfd_t count = 0;
            eventfd_read(running_->ended.get(), &count); // orders what the call has written before this
            auto over = std::move(done);
            ended_.reset();
            running_.reset();
            over(); // may destroy this
        });
    if (!source) return tl::unexpected(source.error());
    // Signals are the loop's: the thread inherits that all are blocked.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = 0;
    try {
        std::thread([running] {
            running->call();
            eventfd_write(running->ended.get(), 1);
        }).detach();
    } catch (const std::system_error& error) {
        code = error.code().value();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (code) return fail_errno("cannot begin a call in the background", code);
    running_ = std::move(running);
    ended_ = *std::move(source);
    return {};
}

} // namespace unitgate

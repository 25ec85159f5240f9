// SPDX-License-Identifier: MIT
#include "io/notify.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_status = 200;
// The manager's queue is full. It may be busy, with a slow generator say, while a hundred gates tell it of
// their tries.
constexpr auto longest_send = std::chrono::seconds(30);

// The write end of a pipe travels to the manager; it is closed there once all earlier messages are dealt
// with.
Status wait_for_hangup(int fd, Duration wait) {
    Instant until = Clock::now() + wait;
    for (;;) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd item{fd, 0, 0}; // POLLHUP is always reported
        int r = ::poll(&item, 1, left > 0 ? static_cast<int>(left) : 0);
        if (r > 0) return {};
        if (r < 0 && errno != EINTR) return fail_errno("cannot wait for the service manager", errno);
        if (r == 0) return fail_errno("the service manager has not read what it was told yet", ETIMEDOUT);
    }
}

} // namespace

Duration watchdog_period() {
    const char* period = ::getenv("WATCHDOG_USEC");
    const char* pid = ::getenv("WATCHDOG_PID");
    if (!period || (pid && *pid && std::to_string(::getpid()) != pid)) return Duration(0);
    std::int64_t usec = 0;
    auto [end, error] = std::from_chars(period, period + std::strlen(period), usec);
    return error == std::errc() && *end == '\0' && usec > 1 ? Duration(usec / 2) : Duration(0);
}

std::string one_line(std::string_view text, std::size_t limit) {
    std::string line = escape_controls(text);
    if (line.size() <= limit) return line;
    std::size_t end = limit > 3 ? limit - 3 : 0;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80)
        --end;
    return line.substr(0, end) + "...";
}

Result<Notify> Notify::from_environment() {
    Notify made;
    const char* value = ::getenv("NOTIFY_SOCKET");
    if (!value || !*value) {
        ::unsetenv("NOTIFY_SOCKET");
        return made;
    }
    std::string address = value;
    ::unsetenv("NOTIFY_SOCKET");
    if ((address[0] != '/' && address[0] != '@') || address.size() < 2)
        return fail("'" + escape_controls(address) + "' in $NOTIFY_SOCKET is no socket address",
                    "it begins with '/' or '@'; only a service manager sets it");
    if (address.size() >= sizeof made.address_.sun_path)
        return fail_errno("cannot use the address in $NOTIFY_SOCKET", ENAMETOOLONG);
    made.address_.sun_family = AF_UNIX;
    std::memcpy(made.address_.sun_path, address.data(), address.size());
    // An abstract name has no closing zero, a path has one.
    made.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    if (address[0] == '@')
        made.address_.sun_path[0] = '\0';
    else
        ++made.length_;

    made.fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!made.fd_) return fail_errno("cannot make a socket for the service manager", errno);
    timeval limit{longest_send.count(), 0};
    ::setsockopt(made.fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return made;
}

Status Notify::send(std::string_view message, int flags, int attached_fd) {
    iovec part{const_cast<char*>(message.data()), message.size()};
    msghdr header{};
    header.msg_name = &address_;
    header.msg_namelen = length_;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (attached_fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* first = CMSG_FIRSTHDR(&header);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(first), &attached_fd, sizeof attached_fd);
    }
    while (::sendmsg(fd_.get(), &header, flags | MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        return fail_errno("cannot tell the service manager", errno);
    }
    return {};
}

void Notify::status(std::string_view text, Duration extend) {
    if (!fd_) return;
    std::string line = one_line(text, longest_status), message = "STATUS=" + line;
    if (extend > Duration::zero())
        message += "\nEXTEND_TIMEOUT_USEC=" + std::to_string(extend.count());
    else if (line == last_status_)
        return;
    if (send(message, MSG_DONTWAIT)) last_status_ = std::move(line);
}

Status Notify::ready(std::string_view status, Duration wait) {
    if (!fd_) return {};
    std::string line = one_line(status, longest_status);
    if (auto sent = send("READY=1\nSTATUS=" + line, 0); !sent) return sent;
    last_status_ = std::move(line);
    return barrier(wait);
}

Status Notify::barrier(Duration wait) {
    if (!fd_) return {};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) return fail_errno("cannot make a pipe for the service manager", errno);
    Fd reading(ends[0]), writing(ends[1]);
    if (auto sent = send("BARRIER=1", 0, writing.get()); !sent) return sent;
    writing.reset();
    return wait_for_hangup(reading.get(), wait);
}

Status Notify::reloading() {
    if (!fd_) return {};
    auto now = std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch());
    return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()), 0);
}

void Notify::alive() {
    if (!fd_) return;
    static_cast<void>(send("WATCHDOG=1", MSG_DONTWAIT));
}

} // namespace unitgate

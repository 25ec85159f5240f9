// SPDX-License-Identifier: MIT
// Servers for the probes' tests: a listener on 127.0.0.1 whose connections each run a script in a thread, and
// the glue to run one try of a probe in a loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "base/fd.hpp"
#include "gate/prober.hpp"

namespace unitgate::test {

using namespace std::chrono_literals;

inline Fd listen_on_loopback(std::uint16_t& port, int backlog = 16) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) < 0) return Fd();
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    if (backlog >= 0 && listen(fd.get(), backlog) < 0) return Fd();
    return fd;
}

// `path` as of a UnixProbe.
inline Fd listen_on_unix(const std::string& path) {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (path.starts_with('@')) address.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 || listen(fd.get(), 16) < 0)
        return Fd();
    return fd;
}

// A port that is bound and not listened on: nobody else can get it, and connections are refused.
struct ClosedPort {
    std::uint16_t port = 0;
    Fd fd = listen_on_loopback(port, -1);
};

class Server {
  public:
    // `script` talks on each connection; it ends early when stopping() (the socket is then shut down).
    explicit Server(std::function<void(int fd, Server&)> script) : script_(std::move(script)) {
        fd_ = listen_on_loopback(port);
        accept_in_thread();
    }
    // The same on a socket that listens already.
    Server(Fd listening, std::function<void(int fd, Server&)> script)
        : script_(std::move(script)), fd_(std::move(listening)) {
        accept_in_thread();
    }
    void accept_in_thread() {
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~Server() {
        stopping_ = true;
        shutdown(fd_.get(), SHUT_RDWR); // wakes accept()
        acceptor_.join();
        {
            std::lock_guard lock(mutex_);
            for (int fd : open_)
                shutdown(fd, SHUT_RDWR);
        }
        for (auto& thread : talkers_)
            thread.join();
    }
    std::uint16_t port = 0;
    std::atomic<int> connections{0}, requests{0};
    std::string last_request() {
        std::lock_guard lock(mutex_);
        return last_request_;
    }

    // Reads the head of a request and `body` bytes behind it; false when the peer is gone.
    bool read_request(int fd, std::size_t body = 0) {
        std::string text;
        char buffer[4096];
        for (std::size_t end;
             (end = text.find("\r\n\r\n")) == std::string::npos || text.size() < end + 4 + body;) {
            ssize_t n = recv(fd, buffer, sizeof buffer, 0);
            if (n <= 0) return false;
            text.append(buffer, static_cast<std::size_t>(n));
        }
        std::lock_guard lock(mutex_);
        last_request_ = text;
        ++requests;
        return true;
    }
    // False when the peer is gone.
    static bool send_text(int fd, std::string_view text) {
        while (!text.empty()) {
            ssize_t n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    static void reset(int fd) { // close() then sends a RST
        linger now{1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    // Until the peer has gone or the server stops.
    static void wait_for_end(int fd) {
        char byte;
        while (recv(fd, &byte, 1, 0) > 0) {
        }
    }

  private:
    void accept_all() {
        while (!stopping_) {
            int fd = accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) break;
            ++connections;
            std::lock_guard lock(mutex_);
            open_.push_back(fd);
            talkers_.emplace_back([this, fd] {
                script_(fd, *this);
                std::lock_guard inner(mutex_);
                std::erase(open_, fd);
                close(fd);
            });
        }
    }
    std::function<void(int, Server&)> script_;
    Fd fd_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::string last_request_;
    std::vector<int> open_;
    std::vector<std::thread> talkers_;
    std::thread acceptor_;
};

// Answers each request with `answer`, for as long as the connection lives.
inline std::function<void(int, Server&)> answering(std::string answer) {
    return [answer = std::move(answer)](int fd, Server& server) {
        while (server.read_request(fd))
            if (!Server::send_text(fd, answer)) return;
    };
}
// The same, then closes.
inline std::function<void(int, Server&)> answering_once(std::string answer) {
    return [answer = std::move(answer)](int fd, Server& server) {
        if (server.read_request(fd)) Server::send_text(fd, answer);
        shutdown(fd, SHUT_WR);
        Server::wait_for_end(fd); // so that bytes left unread don't turn the close into a reset
    };
}

inline std::string http(int status, std::string_view body, std::string_view headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

inline Probe probe_of(decltype(Probe::check) check) {
    Probe probe;
    probe.name = "probe-1";
    probe.check = std::move(check);
    return probe;
}

inline HttpProbe http_probe(std::uint16_t port, std::string_view path = "/") {
    HttpProbe probe;
    probe.url = "http://127.0.0.1:" + std::to_string(port) + std::string(path);
    return probe;
}

// Turns the loop until `over`; a loop that exits by itself is a callback that threw.
inline void run_until(const Event& event, const bool& over) {
    while (!over)
        if (sd_event_run(event.get(), UINT64_MAX) < 0 || sd_event_get_state(event.get()) == SD_EVENT_FINISHED)
            throw std::runtime_error("the event loop broke");
}

inline TryResult try_once(Prober& prober, const Event& event) {
    TryResult got;
    bool over = false, within = true;
    auto now = prober.start([&](TryResult result) {
        if (within) throw std::logic_error("a late result from within start()");
        if (over) throw std::logic_error("a second result");
        got = std::move(result);
        over = true;
    });
    within = false;
    if (now) return *now;
    run_until(event, over);
    return got;
}

inline std::unique_ptr<Prober> prober_of(const Event& event, decltype(Probe::check) check,
                                         Duration timeout = 5s, const Expansion& expansion = {"1.0", "1.0"},
                                         const Credentials& credentials = {}) {
    auto made = make_prober(event, probe_of(std::move(check)), timeout, expansion, credentials,
                            std::make_shared<UnitWatch>(event));
    if (!made) throw std::runtime_error(made.error().message);
    return *std::move(made);
}

// One try of a probe of its own.
inline TryResult try_of(decltype(Probe::check) check, Duration timeout = 5s,
                        const Expansion& expansion = {"1.0", "1.0"}, const Credentials& credentials = {}) {
    Event event = Event::create().value();
    return try_once(*prober_of(event, std::move(check), timeout, expansion, credentials), event);
}

} // namespace unitgate::test

// SPDX-License-Identifier: MIT
// The app that benchmarks wait for: one small web server in one thread, with or without TLS, which turns healthy when
// it is told. It is quick on purpose (a request costs it about 20 us), so that what is measured is who waits.
// usage: bench_app (closed | open) [PEM FILE]
//   closed  its port is bound, but refuses connections until it turns
//   open    it listens at once, and answers 503 until it turns
// Prints "port N". Reads a line at a time from standard input and answers each with one:
//   turn SECONDS  turns so much later; the answer comes then and is the moment, CLOCK_MONOTONIC in nanoseconds
//   counts        "REQUESTS HANDSHAKES CONNECTIONS" so far
//   record        from now on every request is kept: the number that its path is ("/17") and when it came
//   arrivals      those: "NUMBER MICROSECONDS;…" in the order they came, microseconds since `record`
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

std::int64_t now() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

void check(bool good, const char* what) {
    if (good) return;
    std::perror(what);
    std::exit(1);
}

struct Peer {
    SSL* tls = nullptr;
    std::string text; // of the request that is being read
};

class App {
  public:
    App(bool open, const char* pem) : epoll_(epoll_create1(0)), timer_(timerfd_create(CLOCK_MONOTONIC, 0)) {
        if (pem) {
            tls_ = SSL_CTX_new(TLS_server_method());
            check(SSL_CTX_use_certificate_file(tls_, pem, SSL_FILETYPE_PEM) == 1 &&
                      SSL_CTX_use_PrivateKey_file(tls_, pem, SSL_FILETYPE_PEM) == 1,
                  pem);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        check(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        watch(STDIN_FILENO);
        watch(timer_);
        if (open) start_listening();
        std::printf("port %d\n", ntohs(address.sin_port));
        std::fflush(stdout);
    }

    void serve() {
        std::array<epoll_event, 256> events{};
        for (;;) {
            int count = epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                int fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == STDIN_FILENO)
                    read_commands();
                else if (fd == timer_)
                    turn();
                else if (fd == listener_)
                    accept_all();
                else
                    read_requests(fd);
            }
        }
    }

  private:
    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }

    void start_listening() {
        check(listen(listener_, 4096) == 0, "listen");
        watch(listener_);
        listens_ = true;
    }

    void turn() {
        std::uint64_t count = 0;
        check(read(timer_, &count, sizeof count) == sizeof count, "timer");
        std::int64_t at = now();
        healthy_ = true;
        if (!listens_) start_listening();
        std::printf("%lld\n", static_cast<long long>(at));
        std::fflush(stdout);
    }

    void read_commands() {
        std::array<char, 4096> bytes{};
        ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) std::exit(0);
        commands_.append(bytes.data(), static_cast<std::size_t>(count));
        for (std::size_t end; (end = commands_.find('\n')) != std::string::npos; commands_.erase(0, end + 1))
            obey(commands_.substr(0, end));
    }

    void obey(const std::string& command) {
        if (command.starts_with("turn ")) {
            double seconds = std::atof(command.c_str() + 5);
            itimerspec when{};
            when.it_value.tv_sec = static_cast<time_t>(seconds);
            when.it_value.tv_nsec = static_cast<long>((seconds - static_cast<double>(when.it_value.tv_sec)) * 1e9) + 1;
            timerfd_settime(timer_, 0, &when, nullptr);
            return;
        }
        if (command == "counts") std::printf("%lu %ld %lu\n", requests_, tls_ ? SSL_CTX_sess_accept_good(tls_) : 0L, connections_);
        if (command == "record") {
            recorded_since_ = now();
            arrivals_.clear();
            std::puts("yes");
        }
        if (command == "arrivals") {
            for (auto [number, at] : arrivals_)
                std::printf("%d %lld;", number, static_cast<long long>(at));
            std::putchar('\n');
        }
        std::fflush(stdout);
    }

    void accept_all() {
        for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
            // As Go, nginx and others do; else an answer may wait 40 ms for the client's delayed acknowledgement.
            int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ++connections_;
            Peer& peer = peers_[fd];
            peer = {};
            if (tls_) {
                peer.tls = SSL_new(tls_);
                SSL_set_fd(peer.tls, fd);
                SSL_set_accept_state(peer.tls);
            }
            watch(fd);
        }
    }

    void close_peer(int fd) {
        Peer& peer = peers_[fd];
        if (peer.tls) {
            if (SSL_is_init_finished(peer.tls)) SSL_shutdown(peer.tls);
            SSL_free(peer.tls);
        }
        peers_.erase(fd);
        close(fd);
    }

    void read_requests(int fd) {
        Peer& peer = peers_[fd];
        std::array<char, 8192> bytes{};
        for (;;) {
            int count = peer.tls ? SSL_read(peer.tls, bytes.data(), bytes.size())
                                 : static_cast<int>(recv(fd, bytes.data(), bytes.size(), 0));
            if (count <= 0) {
                bool waits = peer.tls ? SSL_get_error(peer.tls, count) == SSL_ERROR_WANT_READ : count < 0 && errno == EAGAIN;
                if (!waits) close_peer(fd);
                return;
            }
            peer.text.append(bytes.data(), static_cast<std::size_t>(count));
            if (peer.text.find("\r\n\r\n") == std::string::npos) continue;
            if (!answer(fd, peer)) return close_peer(fd);
            if (!peer.tls) return; // what is left is told again
        }
    }

    // Whether the connection is kept.
    bool answer(int fd, Peer& peer) {
        ++requests_;
        if (recorded_since_ != 0)
            arrivals_.emplace_back(std::atoi(peer.text.c_str() + peer.text.find('/') + 1), (now() - recorded_since_) / 1000);
        bool keeps = peer.text.find("HTTP/1.1\r\n") != std::string::npos && peer.text.find("Connection: close") == std::string::npos;
        peer.text.clear(); // nobody sends a second request before the answer to the first
        std::string text = healthy_ ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 503 Service Unavailable\r\n";
        text += "Content-Type: application/json\r\nContent-Length: 16\r\n";
        text += keeps ? "\r\n{\"Version\":\"1\"}\n" : "Connection: close\r\n\r\n{\"Version\":\"1\"}\n";
        int size = static_cast<int>(text.size());
        int sent = peer.tls ? SSL_write(peer.tls, text.data(), size)
                            : static_cast<int>(send(fd, text.data(), text.size(), MSG_NOSIGNAL));
        return keeps && sent == size;
    }

    int epoll_, timer_, listener_ = -1;
    SSL_CTX* tls_ = nullptr;
    bool listens_ = false, healthy_ = false;
    std::string commands_;
    std::unordered_map<int, Peer> peers_;
    unsigned long requests_ = 0, connections_ = 0;
    std::int64_t recorded_since_ = 0;
    std::vector<std::pair<int, std::int64_t>> arrivals_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    App(std::string_view(argv[1]) == "open", argc == 3 ? argv[2] : nullptr).serve();
}

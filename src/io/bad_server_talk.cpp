// SPDX-License-Identifier: MIT
#include "io/bad_server_talk.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "io/server_identity.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;

class Talk {
  public:
    Talk(Fd fd, const ServerIdentity* identity) : fd_(std::move(fd)), identity_(identity) {}
    Talk(const Talk&) = delete;
    ~Talk() {
        if (tls_) ssl().SSL_free(tls_);
    }

    void play(const ServerScript& script) {
        for (std::size_t i = 0; i < script.size(); ++i) {
            if (script[i].what == Do::again) {
                i = script.front().what == Do::handshake ? 0 : static_cast<std::size_t>(-1);
                continue;
            }
            if (!step(script[i])) return;
        }
        half_close();
    }

  private:
    const OpenSslLibrary& ssl() const { return identity_->state().ssl; }

    // False: the connection is over.
    bool step(const ServerStep& step) {
        switch (step.what) {
        case Do::handshake:
            return handshake();
        case Do::read:
            return read_until(
                [](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
        case Do::read_http_2:
            return read_until(has_whole_stream);
        case Do::read_some:
            return read_until([](const std::string& text) { return !text.empty(); });
        case Do::send:
            return send_all(step.text);
        case Do::send_forever:
            while (send_all(step.text)) {
            }
            return false;
        case Do::drip:
            return drip(step);
        case Do::hang:
            drain();
            return false;
        case Do::half_close:
            half_close();
            return false;
        case Do::cut:
            ::shutdown(fd_.get(), SHUT_WR);
            drain();
            return false;
        case Do::reset:
            reset();
            return false;
        case Do::again:
            break;
        }
        return false;
    }

    bool handshake() {
        if (!identity_) return false;
        tls_ = ssl().SSL_new(identity_->state().context);
        return tls_ && ssl().SSL_set_fd(tls_, fd_.get()) == 1 && ssl().SSL_accept(tls_) == 1;
    }

    // What comes next; nothing at the end.
    std::string receive() {
        char buffer[4096];
        ssize_t size =
            tls_ ? ssl().SSL_read(tls_, buffer, sizeof buffer) : ::recv(fd_.get(), buffer, sizeof buffer, 0);
        return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
    }

    template <class IsWhole>
    bool read_until(IsWhole is_whole) {
        std::string text;
        while (!is_whole(text)) {
            std::string more = receive();
            if (more.empty()) return false;
            text += more;
        }
        return true;
    }

    // RFC 9113: 24 bytes of preface, then frames of length (3), type, flags, stream (4), payload. The end of
    // the stream is a flag of HEADERS (1) or DATA (0).
    static bool has_whole_stream(const std::string& text) {
        auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
        for (std::size_t at = 24; at + 9 <= text.size();) {
            std::size_t size = std::size_t{byte(at)} << 16 | std::size_t{byte(at + 1)} << 8 | byte(at + 2);
            bool ends = byte(at + 3) <= 1 && (byte(at + 4) & 1);
            at += 9 + size;
            if (ends && at <= text.size()) return true;
        }
        return false;
    }

    bool send_all(std::string_view text) {
        while (!text.empty()) {
            ssize_t size = tls_ ? ssl().SSL_write(tls_, text.data(), static_cast<int>(text.size()))
                                : ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    // Waits for the peer to go, not for the time: nothing is asked of it here.
    bool drip(const ServerStep& step) {
        auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(step.pause).count();
        for (char byte : step.text) {
            pollfd gone{fd_.get(), POLLRDHUP, 0};
            if (::poll(&gone, 1, static_cast<int>(pause)) != 0 || !send_all({&byte, 1})) return false;
        }
        return true;
    }

    void half_close() {
        if (tls_) ssl().SSL_shutdown(tls_);
        ::shutdown(fd_.get(), SHUT_WR);
        drain();
    }

    // So that bytes left unread don't turn the close into a reset.
    void drain() {
        char buffer[4096];
        while (::recv(fd_.get(), buffer, sizeof buffer, 0) > 0) {
        }
    }

    void reset() {
        linger now{1, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        fd_.reset();
    }

    Fd fd_;
    const ServerIdentity* identity_;
    SSL* tls_ = nullptr;
};

} // namespace

void talk(Fd fd, const ServerScript& script, const ServerIdentity* identity) {
    Talk(std::move(fd), identity).play(script);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Owns one file descriptor. Never dups, never reports a failed close (use close_checked where that matters).
#pragma once

#include <string_view>
#include <unistd.h>
#include <utility>

namespace unitgate {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    // 0, or the errno of close(2): a network file system reports lost writes here.
    [[nodiscard]] int close_checked();

  private:
    int fd_ = -1;
};

// write(2) until all of `text` is written, through signals. False: it failed, and errno says why.
[[nodiscard]] bool write_all(int fd, std::string_view text);

} // namespace unitgate

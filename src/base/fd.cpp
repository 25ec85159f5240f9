// SPDX-License-Identifier: MIT
#include "base/fd.hpp"

#include <cerrno>

namespace unitgate {

int Fd::close_checked() {
    return ::close(release()) == 0 ? 0 : errno;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "base/fd.hpp"

#include <cerrno>

namespace unitgate {

int Fd::close_checked() {
    return ::close(release()) == 0 ? 0 : errno;
}

} // namespace unitgate

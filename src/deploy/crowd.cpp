// SPDX-License-Identifier: MIT
#include "deploy/crowd.hpp"

#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace unitgate {

namespace {

struct flock bytes_of(off_t first, off_t count) { // 0: all there may be
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = first;
    lock.l_len = count;
    return lock;
}

} // namespace

// The byte is the process's, of which the kernel has no two; in containers that share the folder there may
// be, and then one of them is not counted.
Crowd Crowd::join(const std::string& state_folder) {
    Crowd crowd;
    Fd file(::open((state_folder + "/waiting").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return crowd;
    struct flock lock = bytes_of(::getpid(), 1);
    if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) crowd.file_ = std::move(file);
    return crowd;
}

// The kernel names some lock within a range, not the first one: what lies on both sides of it is asked for
// next.
std::size_t Crowd::size(std::size_t most) const {
    std::size_t count = 1;
    if (!file_) return count;
    std::vector<std::pair<off_t, off_t>> ranges{{0, 0}};
    while (!ranges.empty() && count < most) {
        auto [first, length] = ranges.back();
        ranges.pop_back();
        struct flock lock = bytes_of(first, length);
        if (::fcntl(file_.get(), F_OFD_GETLK, &lock) != 0) break;
        if (lock.l_type == F_UNLCK) continue;
        ++count;
        if (lock.l_start > first) ranges.emplace_back(first, lock.l_start - first);
        const off_t behind = lock.l_start + 1;
        if (length == 0)
            ranges.emplace_back(behind, 0);
        else if (behind < first + length)
            ranges.emplace_back(behind, first + length - behind);
    }
    return count;
}

} // namespace unitgate

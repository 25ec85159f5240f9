// SPDX-License-Identifier: MIT
// Owns one open folder, read entry by entry (opendir(3), readdir(3)).
#pragma once

#include <cerrno>
#include <memory>
#include <string>

#include <dirent.h>

namespace unitgate {

class Folder {
  public:
    explicit Folder(const std::string& path) : dir_(::opendir(path.c_str())) {}
    explicit operator bool() const { return dir_ != nullptr; } // false: errno says why
    // In the kernel's own order, "." and ".." among them; good until the next call. nullptr at the end, and
    // where it can't be read on: then errno is not 0.
    const dirent* next() {
        errno = 0;
        return dir_ ? ::readdir(dir_.get()) : nullptr;
    }

  private:
    struct Close {
        void operator()(DIR* dir) const { ::closedir(dir); }
    };
    std::unique_ptr<DIR, Close> dir_;
};

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "faults.hpp"

#include <cerrno>
#include <cstdarg>
#include <string>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::string armed;
int countdown = 0, failure = 0;
bool has_struck = false;

bool strikes(const char* call) {
    if (armed.empty() || armed != call || countdown <= 0 || --countdown > 0) return false;
    has_struck = true;
    errno = failure;
    return true;
}

} // namespace

namespace unitgate::test {

Fault::Fault(std::string_view call, int nth, int error) {
    countdown = nth;
    failure = error;
    has_struck = false;
    armed = call;
}

Fault::~Fault() {
    armed.clear();
}

bool Fault::struck() const {
    return has_struck;
}

} // namespace unitgate::test

extern "C" {

int open(const char* path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    if (strikes("open")) return -1;
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write(int fd, const void* data, size_t size) {
    if (strikes("write")) return -1;
    return syscall(SYS_write, fd, data, size);
}

int fchmod(int fd, mode_t mode) noexcept {
    if (strikes("fchmod")) return -1;
    return static_cast<int>(syscall(SYS_fchmod, fd, mode));
}

int fsync(int fd) {
    if (strikes("fsync")) return -1;
    return static_cast<int>(syscall(SYS_fsync, fd));
}

int close(int fd) {
    int r = static_cast<int>(syscall(SYS_close, fd));
    return strikes("close") ? -1 : r; // the descriptor is gone either way, as close(2) says
}

int link(const char* from, const char* to) noexcept {
    if (strikes("link")) return -1;
    return static_cast<int>(syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int mkdir(const char* path, mode_t mode) noexcept {
    if (strikes("mkdir")) return -1;
    return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

DIR* opendir(const char* path) {
    if (strikes("opendir")) return nullptr;
    static auto* real = reinterpret_cast<DIR* (*)(const char*)>(dlsym(RTLD_NEXT, "opendir"));
    return real(path);
}

} // extern "C"

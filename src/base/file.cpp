// SPDX-License-Identifier: MIT
#include "base/file.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace unitgate {

namespace {

std::string parent_of(const std::string& path) {
    auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) < 0)
        return fail_errno("cannot make folder " + in_quotes(path) + " durable", errno);
    return {};
}

// Writes beside `path` a file that `publish` then gives its name; the temporary name never survives.
template <class Publish>
Status write_then(const std::string& path, std::string_view text, mode_t mode, Publish publish) {
    static std::atomic<unsigned> counter{0};
    std::string temporary = parent_of(path) + "/.unitgate-" + std::to_string(::getpid()) + "-" +
                            std::to_string(counter++) + ".tmp";
    ::unlink(temporary.c_str()); // left by an earlier process with this number
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) return fail_errno("cannot create " + in_quotes(temporary), errno);
    Status status;
    if (!write_all(fd.get(), text)) status = fail_errno("cannot write " + in_quotes(path), errno);
    if (status && ::fchmod(fd.get(), mode) < 0)
        status = fail_errno("cannot set the mode of " + in_quotes(path), errno);
    if (status && ::fsync(fd.get()) < 0)
        status = fail_errno("cannot make " + in_quotes(path) + " durable", errno);
    if (int error = fd.close_checked(); status && error)
        status = fail_errno("cannot write " + in_quotes(path), error);
    if (status && publish(temporary.c_str(), path.c_str()) < 0)
        status = fail_errno("cannot create " + in_quotes(path), errno);
    ::unlink(temporary.c_str());
    if (status) status = sync_folder(parent_of(path));
    return status;
}

Result<std::string> read_all(const Fd& fd, const std::string& path, std::size_t limit) {
    std::string text;
    char buffer[16384];
    for (;;) {
        ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("cannot read " + in_quotes(path), errno);
        if (n == 0) return text;
        if (text.size() + static_cast<std::size_t>(n) > limit)
            return fail_errno("cannot read " + in_quotes(path), EFBIG);
        text.append(buffer, static_cast<std::size_t>(n));
    }
}

} // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return fail_errno("cannot open " + in_quotes(path), errno);
    return read_all(fd, path, limit);
}

Result<std::string> read_file_in(const std::string& root, const std::string& path, std::size_t limit) {
    Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
    how.resolve = RESOLVE_IN_ROOT;
    Fd fd(folder ? static_cast<int>(::syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how))
                 : -1);
    if (!fd) return fail_errno("cannot open " + in_quotes(root + path), errno);
    return read_all(fd, root + path, limit);
}

Status make_folders(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) return sync_folder(parent_of(path));
    if (errno == EEXIST) {
        struct stat info {};
        if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
        return fail_errno("cannot create folder " + in_quotes(path), ENOTDIR);
    }
    if (errno != ENOENT || path.empty()) return fail_errno("cannot create folder " + in_quotes(path), errno);
    if (auto made = make_folders(parent_of(path), mode); !made) return made;
    // Once more, not by this function: a folder that takes no entries (/proc) says ENOENT for ever.
    if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST)
        return fail_errno("cannot create folder " + in_quotes(path), errno);
    return sync_folder(parent_of(path));
}

Status write_file_durable(const std::string& path, std::string_view text, mode_t mode) {
    return write_then(path, text, mode, [](const char* from, const char* to) { return ::rename(from, to); });
}

Status create_file_durable(const std::string& path, std::string_view text, mode_t mode) {
    bool created = false;
    Status status = write_then(path, text, mode, [&](const char* from, const char* to) {
        int r = ::link(from, to);
        created = r == 0;
        return r;
    });
    // A name that may be gone after a power cut is none: the caller hears so and must not find it either.
    if (!status && created) ::unlink(path.c_str());
    return status;
}

Result<Fd> lock_file(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail_errno("cannot open lock " + in_quotes(path), errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) return fail_errno("cannot lock " + in_quotes(path), errno);
    return fd;
}

} // namespace unitgate

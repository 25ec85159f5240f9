// SPDX-License-Identifier: MIT
#include "systemd/write_units.hpp"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace unitgate {

namespace {

constexpr const char* temporary = ".unitgate-generate.tmp";

// Whether the file may be replaced: it is missing or made by us.
Status check_ours(int folder, const std::string& name, const std::string& path) {
    Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!fd && errno == ENOENT) return {};
    char begin[unit_file_mark.size()];
    if (fd && ::read(fd.get(), begin, sizeof begin) == static_cast<ssize_t>(sizeof begin) &&
        std::string_view(begin, sizeof begin) == unit_file_mark)
        return {};
    return fail("cannot write '" + path + "': there is one that unitgate did not make",
                "move it away, or give the spec another [unit] name");
}

Status write_file(int folder, const UnitSet::File& file, const std::string& path) {
    if (auto ours = check_ours(folder, file.name, path); !ours) return ours;
    ::unlinkat(folder, temporary, 0);
    Fd fd(::openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    std::string attempt = "cannot write '" + path + "'";
    if (!fd) return fail_errno(attempt, errno);
    int error = write_all(fd.get(), file.text) ? 0 : errno;
    if (!error && ::fchmod(fd.get(), 0644) < 0) error = errno; // whatever the umask
    if (int closed = fd.close_checked(); !error) error = closed;
    if (!error && ::renameat(folder, temporary, folder, file.name.c_str()) < 0) error = errno;
    if (!error) return {};
    ::unlinkat(folder, temporary, 0);
    return fail_errno(attempt, error);
}

Status write_link(int folder, const UnitSet::Link& link, const std::string& path) {
    std::string attempt = "cannot make the link '" + path + "'";
    std::string target = "../" + link.name, at = link.folder + "/" + link.name;
    if (::mkdirat(folder, link.folder.c_str(), 0755) < 0 && errno != EEXIST)
        return fail_errno(attempt, errno);
    if (::symlinkat(target.c_str(), folder, at.c_str()) == 0) return {};
    if (errno != EEXIST) return fail_errno(attempt, errno);
    char now[PATH_MAX];
    ssize_t n = ::readlinkat(folder, at.c_str(), now, sizeof now);
    if (n < 0) return fail_errno(attempt, EEXIST); // no link
    if (std::string_view(now, static_cast<std::size_t>(n)) == target) return {};
    // A link elsewhere: a person's own, say to an edited copy.
    return fail("cannot make the link '" + path + "': there is one to '" +
                    std::string(now, static_cast<std::size_t>(n)) + "'",
                "remove it");
}

} // namespace

Result<WrittenUnits> write_units(const UnitSet& set, const std::string& folder) {
    if (auto made = make_folders(folder, 0755); !made) return tl::unexpected(made.error());
    Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("cannot open folder '" + folder + "'", errno);
    WrittenUnits report;
    auto note = [&](const Status& status, const std::string& name) {
        if (status)
            report.written.push_back(name);
        else
            report.errors.push_back(status.error());
    };
    std::set<std::string_view> failed;
    for (const auto& file : set.files) {
        std::size_t before = report.errors.size();
        note(write_file(fd.get(), file, folder + "/" + file.name), file.name);
        if (report.errors.size() > before) failed.insert(file.name);
    }
    for (const auto& link : set.links) {
        if (failed.contains(link.name)) continue; // it would point to nothing, or to somebody else's unit
        std::string name = link.folder + "/" + link.name;
        note(write_link(fd.get(), link, folder + "/" + name), name);
    }
    return report;
}

} // namespace unitgate

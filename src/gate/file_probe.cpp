// SPDX-License-Identifier: MIT
#include "gate/file_probe.hpp"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

#include "gate/blocking_probe.hpp"
#include "gate/evidence.hpp"

namespace unitgate {

namespace {

TryResult look_at(const std::string& path, std::optional<Duration> newer_than, bool inspects) {
    struct stat info {};
    if (::stat(path.c_str(), &info) < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return failed_for(Cause::missing, "there is no such file");
        return failed_for(Cause::unreachable, std::string("cannot look at it: ") + std::strerror(errno));
    }
    if (!newer_than) return {};
    auto written = WallTime(std::chrono::duration_cast<WallTime::duration>(
        std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec)));
    auto age = std::chrono::duration_cast<Duration>(WallTime::clock::now() - written);
    TryResult result;
    if (age > *newer_than)
        result = failed_for(Cause::outdated, "written " + format_duration(age) + " ago, want at most " +
                                                 format_duration(*newer_than));
    if (inspects)
        result.evidence = evidence_of(
            {{"age", "at most " + format_duration(*newer_than), format_duration(age), result.passed()}});
    return result;
}

} // namespace

std::unique_ptr<Prober> make_file_prober(const Event& event, const FileProbe& probe, Duration timeout,
                                         const Expansion& expansion) {
    std::string path = expand(probe.path, expansion);
    auto ask = [path, newer_than = probe.newer_than](bool inspects) {
        return look_at(path, newer_than, inspects);
    };
    return make_blocking_prober(
        event, "file " + path, timeout, ask,
        failed_for(Cause::timeout, "its file system did not answer within " + format_duration(timeout)));
}

} // namespace unitgate

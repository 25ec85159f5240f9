// SPDX-License-Identifier: MIT
#include "spec/trust.hpp"

#include <algorithm>
#include <climits>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr int most_links = 40; // as path_resolution(7)

std::optional<TrustFault> judge(const std::string& path, const FileFacts& facts) {
    bool link = S_ISLNK(facts.mode), folder = S_ISDIR(facts.mode);
    const char* what = link ? "link '" : folder ? "folder '" : "file '";
    if (facts.owner != 0)
        return TrustFault{path,
                          what + path + "' belongs to user " + std::to_string(facts.owner) +
                              ", who may change it, and root would run what it says",
                          std::string("chown ") + (link ? "-h " : "") + "root " + shell_word(path)};
    bool others_write = (facts.mode & (S_IWGRP | S_IWOTH)) != 0;
    // The mode of a link means nothing; in a sticky folder nobody can replace what is root's.
    if (link || !others_write || (folder && (facts.mode & S_ISVTX))) return std::nullopt;
    const char* who = facts.mode & S_IWOTH ? "everyone" : "its group";
    return TrustFault{path, what + path + "' may be written by " + who + ", and root would run what it says",
                      "chmod go-w " + shell_word(path)};
}

std::string absolute(const std::string& path) {
    if (path.starts_with('/')) return path;
    char here[PATH_MAX];
    return (getcwd(here, sizeof here) ? std::string(here) : std::string()) + "/" + path;
}

} // namespace

std::optional<FileFacts> ask_file_system(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) < 0) return std::nullopt;
    FileFacts facts{info.st_mode, info.st_uid, {}};
    if (S_ISLNK(info.st_mode)) {
        char target[PATH_MAX];
        ssize_t length = readlink(path.c_str(), target, sizeof target);
        if (length < 0) return std::nullopt;
        facts.link.assign(target, static_cast<std::size_t>(length));
    }
    return facts;
}

std::optional<TrustFault> TrustCheck::check(const std::string& path) {
    return follow(absolute(path), most_links).fault;
}

std::optional<TrustFault> TrustCheck::check_mask(const std::string& path) {
    const std::string whole = absolute(path);
    const Walk& parent = folder(whole.substr(0, std::max<std::size_t>(whole.rfind('/'), 1)), most_links);
    if (parent.fault || parent.missing) return parent.fault;
    auto facts = ask_(whole);
    return facts && facts->owner != 0 ? judge(whole, *facts) : std::nullopt;
}

// The last component is not remembered: it is a file, or a folder asked for once.
TrustCheck::Walk TrustCheck::follow(const std::string& path, int links) {
    std::size_t end = path.find_last_not_of('/');
    if (end == std::string::npos) return folder("/", links);
    std::size_t slash = path.rfind('/', end);
    const Walk& parent = folder(slash == 0 ? "/" : path.substr(0, slash), links);
    if (parent.fault || parent.missing) return parent;
    return step(parent, std::string_view(path).substr(slash + 1, end - slash), links);
}

const TrustCheck::Walk& TrustCheck::folder(const std::string& path, int links) {
    if (auto known = folders_.find(path); known != folders_.end()) return known->second;
    Walk walk;
    if (path.find_first_not_of('/') == std::string::npos) {
        walk.path = "/";
        auto facts = ask_("/");
        walk.missing = !facts;
        if (facts) walk.fault = judge("/", *facts);
    } else {
        walk = follow(path, links);
    }
    return folders_.emplace(path, std::move(walk)).first->second;
}

TrustCheck::Walk TrustCheck::step(const Walk& parent, std::string_view name, int links) {
    if (name == ".") return parent;
    std::string prefix = parent.path == "/" ? "/" : parent.path + "/";
    if (name == "..") {
        auto slash = parent.path.rfind('/');
        return folder(slash == 0 ? "/" : parent.path.substr(0, slash), links);
    }
    Walk walk;
    walk.path = prefix + std::string(name);
    auto facts = ask_(walk.path);
    walk.missing = !facts;
    if (!facts) return walk;
    walk.fault = judge(walk.path, *facts);
    if (walk.fault || !S_ISLNK(facts->mode)) return walk;
    // A fault and not "missing": the kernel may reach it by a shorter way than this one.
    if (links == 0) {
        walk.fault =
            TrustFault{walk.path, "link '" + walk.path + "' leads through too many links to be followed",
                       "replace it by the file itself"};
        return walk;
    }
    return follow(facts->link.starts_with('/') ? facts->link : prefix + facts->link, links - 1);
}

} // namespace unitgate

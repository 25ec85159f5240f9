// SPDX-License-Identifier: MIT
// Who may change a file: as root, nothing is read that others than root may write, and no folder on the way
// may let them put something else in its place. Links are followed one component at a time, each in its own
// folder. Called by spec/load before it opens anything.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace unitgate {

// What the check asks of the file system; tests put a table in its place.
struct FileFacts {
    mode_t mode = 0; // as lstat(2)
    uid_t owner = 0;
    std::string link; // target of a symbolic link
};
using AskFile = std::function<std::optional<FileFacts>(const std::string& path)>; // nullopt: not there

std::optional<FileFacts> ask_file_system(const std::string& path);

struct TrustFault {
    std::string component; // the file, folder or link that others may change
    std::string cause;     // "is writable by ..." with its name in quotes
    std::string remedy;    // the command that mends it
};

// Remembers folders: a thousand specs in one folder cost one walk.
class TrustCheck {
  public:
    explicit TrustCheck(AskFile ask = ask_file_system) : ask_(std::move(ask)) {}

    // nullopt: trusted, or not there. A relative path is taken from the working folder.
    std::optional<TrustFault> check(const std::string& path);
    // Of a mask: who may put it there or take it away. What it leads to is everybody's.
    std::optional<TrustFault> check_mask(const std::string& path);

  private:
    struct Walk {
        std::string path; // without links
        std::optional<TrustFault> fault;
        bool missing = false;
    };
    AskFile ask_;
    std::map<std::string, Walk> folders_;

    const Walk& folder(const std::string& path, int links);
    Walk step(const Walk& parent, std::string_view name, int links);
    Walk follow(const std::string& path, int links);
};

} // namespace unitgate

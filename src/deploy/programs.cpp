// SPDX-License-Identifier: MIT
#include "deploy/programs.hpp"

#include <cerrno>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>

#include "base/error.hpp"
#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

// Why it can't be executed; nothing where it can, or where that can't be seen by this user.
std::optional<Error> why_no_program(const std::string& program) {
    if (!program.starts_with('/') || program.find('{') != std::string::npos) return std::nullopt;
    const std::string other = "install it, or mend the path";
    struct stat info {};
    if (::stat(program.c_str(), &info) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) return std::nullopt;
        return Error{"is not there", other, errno};
    }
    if (!S_ISREG(info.st_mode)) return Error{"is no plain file", other, 0};
    if ((info.st_mode & 0111) == 0) return Error{"is not executable", "chmod +x " + shell_word(program), 0};
    return std::nullopt;
}

} // namespace

Diagnostics find_missing_programs(std::span<const Spec> specs) {
    Diagnostics found;
    for (const Spec& spec : specs)
        for (const auto& [table, command] :
             {std::pair("version", &spec.version.command), std::pair("deploy", &spec.deploy.command),
              std::pair("rollback", &spec.rollback.command), std::pair("stop", &spec.stop_command)}) {
            if (command->empty()) continue;
            const std::string& program = command->front();
            auto why = why_no_program(program);
            if (!why) continue;
            found.push_back(finding(place_of(spec), "no-program",
                                    "the program '" + program + "' of [" + table + "] " + why->message,
                                    why->remedy));
            found.back().units = {spec.unit.name};
        }
    return found;
}

} // namespace unitgate

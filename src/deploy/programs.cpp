// SPDX-License-Identifier: MIT
#include "deploy/programs.hpp"

#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <utility>

#include "base/finding_codes.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

// Why it can't be executed; empty where it can, or where that can't be seen by this user.
std::string why_no_program(const std::string& program) {
    if (!program.starts_with('/') || program.find('{') != std::string::npos) return {};
    struct stat info {};
    if (::stat(program.c_str(), &info) != 0) return errno == ENOENT || errno == ENOTDIR ? "is not there" : "";
    if (!S_ISREG(info.st_mode)) return "is no plain file";
    return (info.st_mode & 0111) == 0 ? "is not executable" : "";
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
            std::string why = why_no_program(program);
            if (why.empty()) continue;
            found.push_back(finding(
                place_of(spec), "no-program", "the program '" + program + "' of [" + table + "] " + why,
                why == "is not executable" ? "chmod +x " + program : "install it, or mend the path"));
            found.back().units = {spec.unit.name};
        }
    return found;
}

} // namespace unitgate

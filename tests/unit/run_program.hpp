// SPDX-License-Identifier: MIT
// Runs a command line for a test and gives what it said. For tests of the built program; it blocks.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>

struct Ran {
    int code = -1;      // exit status; -1: did not exit
    std::string output; // of a shell command: standard output, or with "2>&1" both
};

inline Ran run_shell(const std::string& command) {
    Ran ran;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) return ran;
    std::array<char, 4096> buffer{};
    for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        ran.output.append(buffer.data(), n);
    int status = ::pclose(pipe);
    if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
    return ran;
}

// The text of a golden file below tests/golden; with UNITGATE_UPDATE_GOLDEN=1 it is written first.
inline std::string golden(const std::string& name, const std::string& now) {
    std::string path = std::string(SOURCE_ROOT) + "/tests/golden/" + name;
    if (std::getenv("UNITGATE_UPDATE_GOLDEN")) std::ofstream(path) << now;
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

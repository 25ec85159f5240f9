// SPDX-License-Identifier: MIT
#include "app/output.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "app/verb.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

std::string escape_lines(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto end = text.find('\n');
        out += escape_controls(text.substr(0, end));
        if (end == std::string_view::npos) break;
        out += '\n';
        text.remove_prefix(end + 1);
    }
    return out;
}

bool write_to(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

} // namespace

int print(std::string_view text) {
    if (write_to(STDOUT_FILENO, escape_lines(text))) return exit_success;
    print_error({"cannot write to standard output: " + std::string(std::strerror(errno)), {}, errno});
    return exit_failure;
}

void print_error(const Error& error) {
    std::string text = "unitgate: " + error.message + "\n";
    if (!error.remedy.empty()) text += "  remedy: " + error.remedy + "\n";
    print_to_stderr(text);
}

void print_to_stderr(std::string_view text) {
    write_to(STDERR_FILENO, escape_lines(text)); // nowhere left to complain
}

} // namespace unitgate

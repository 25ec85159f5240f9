// SPDX-License-Identifier: MIT
#include "app/output.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/verb.hpp"
#include "base/fd.hpp"
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

bool is_longer_than_terminal(std::string_view text) {
    winsize size{};
    return ::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
           std::count(text.begin(), text.end(), '\n') >= size.ws_row;
}

} // namespace

int print_long(std::string_view text, bool pager) {
    if (!pager || !is_longer_than_terminal(text)) return print(text);
    const char* command = std::getenv("PAGER");
    if (!command || !*command) command = "less";
    // Quits by itself at the end of a short text, leaves it on the screen, and lets root start nothing from
    // it.
    ::setenv("LESS", "FRSXMK", 0);
    if (::geteuid() == 0) ::setenv("LESSSECURE", "1", 1);
    std::FILE* pipe = ::popen(command, "we");
    if (!pipe) return print(text);
    // A pager may be quit early, and Ctrl-C is its own: whoever called us must not go on beside it.
    auto before = std::signal(SIGPIPE, SIG_IGN), interrupt = std::signal(SIGINT, SIG_IGN);
    std::string escaped = escape_lines(text);
    std::fwrite(escaped.data(), 1, escaped.size(), pipe);
    int status = ::pclose(pipe);
    std::signal(SIGPIPE, before);
    std::signal(SIGINT, interrupt);
    bool not_found = WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126);
    return not_found ? print(text) : exit_success;
}

int print(std::string_view text) {
    if (write_all(STDOUT_FILENO, escape_lines(text))) return exit_success;
    print_error({"cannot write to standard output: " + std::string(std::strerror(errno)), {}, errno});
    return exit_failure;
}

void print_error(const Error& error) {
    std::string text = "unitgate: " + error.message + "\n", remedy = error.remedy;
    if (remedy.empty() && (error.code == EACCES || error.code == EPERM) && ::geteuid() != 0)
        remedy = "call it as root or with 'sudo'";
    if (!remedy.empty()) text += "  remedy: " + remedy + "\n";
    print_to_stderr(text);
}

void print_to_stderr(std::string_view text) {
    static_cast<void>(write_all(STDERR_FILENO, escape_lines(text))); // nowhere left to complain
}

int failed(const Error& error) {
    print_error(error);
    return exit_failure;
}

int failed(const Diagnostics& diagnostics) {
    print_to_stderr(format_diagnostics(diagnostics));
    return exit_failure;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "report/terminal.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "io/notify.hpp"

namespace unitgate {

namespace {

constexpr std::string_view red = "\x1b[31m", yellow = "\x1b[33m", green = "\x1b[32m", plain = "\x1b[0m",
                           clear_line = "\r\x1b[K";

std::string_view colour_of(const EventRow& row) {
    if (row.priority <= 3) return red;
    if (row.priority == 4) return yellow;
    if (row.kind == EventKind::ready || row.kind == EventKind::already_healthy ||
        row.kind == EventKind::gate_passed)
        return green;
    return {};
}

bool set(const char* variable) {
    const char* value = ::getenv(variable);
    return value && *value;
}

// A longer line would wrap, and the next one could not take it away.
std::size_t columns_of(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 8) return size.ws_col - 1U;
    return 79;
}

} // namespace

Terminal Terminal::on(int fd) {
    bool is_terminal = ::isatty(fd) == 1;
    const char* kind = ::getenv("TERM");
    bool dumb = !kind || std::string_view(kind) == "dumb";
    return {fd, is_terminal && !dumb, is_terminal && !dumb && !set("NO_COLOR")};
}

void Terminal::print(std::string_view text) {
    static_cast<void>(write_all(fd_, text));
}

void Terminal::event(const Occurrence& what) {
    const EventRow& row = event_row(what.kind);
    std::string line = event_text(what);
    if (!what.alert.empty() && row.carries(EventField::alert)) line += ": " + escape_controls(what.alert);
    std::string_view colour = colour_ ? colour_of(row) : std::string_view();
    std::string out = shown_.empty() ? "" : std::string(clear_line);
    out += std::string(colour) + line + (colour.empty() ? "" : std::string(plain)) + '\n' + shown_;
    print(out);
}

void Terminal::status(std::string_view text) {
    if (!is_terminal_) return;
    std::string line = one_line(text, columns_of(fd_));
    if (line == shown_) return;
    print(std::string(clear_line) + line);
    shown_ = std::move(line);
}

void Terminal::finish() {
    if (!shown_.empty()) print(clear_line);
    shown_.clear();
}

} // namespace unitgate

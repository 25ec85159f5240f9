// SPDX-License-Identifier: MIT
#include "report/live_block.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace unitgate {

namespace {

// One column is left free: a full line would wrap.
void size_of(int fd, std::size_t& columns, std::size_t& rows) {
    winsize size{};
    bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0;
    columns = known && size.ws_col > 8 ? size.ws_col - 1U : 79;
    rows = known && size.ws_row > 4 ? size.ws_row - 2U : 22;
}

// Cut at a character; escape sequences stand only at both ends and take no room.
std::string cut(const std::string& line, std::size_t columns) {
    std::size_t width = 0, i = 0;
    bool sequence = false;
    for (; i < line.size(); ++i) {
        auto byte = static_cast<unsigned char>(line[i]);
        if (byte == 0x1b) sequence = true;
        if (!sequence && (byte & 0xc0) != 0x80 && ++width > columns) return line.substr(0, i) + "\x1b[0m";
        if (sequence && byte == 'm') sequence = false;
    }
    return line;
}

} // namespace

LiveBlock::LiveBlock(int fd) : fd_(fd) {
    const char* kind = ::getenv("TERM");
    is_terminal_ = ::isatty(fd) == 1 && kind && std::string_view(kind) != "dumb";
    const char* none = ::getenv("NO_COLOR");
    colour_ = is_terminal_ && !(none && *none);
}

void LiveBlock::print(std::string_view text) {
    static_cast<void>(write_all(fd_, text));
}

void LiveBlock::clear() {
    if (shown_.empty()) return;
    print("\x1b[" + std::to_string(shown_.size()) + "A\r\x1b[J");
    shown_.clear();
}

void LiveBlock::last(std::string_view line) {
    std::vector<std::string> again = shown_;
    clear();
    print(std::string(line) + "\n");
    if (!again.empty()) draw(again);
}

void LiveBlock::draw(const std::vector<std::string>& lines) {
    if (!is_terminal_ || lines == shown_) return;
    clear();
    std::size_t columns = 0, rows = 0;
    size_of(fd_, columns, rows);
    std::string text;
    for (const auto& line : lines) {
        if (shown_.size() + 1 == rows && lines.size() > rows) {
            shown_.push_back("and " + std::to_string(lines.size() - shown_.size()) + " more");
            text += shown_.back() + "\n";
            break;
        }
        shown_.push_back(line);
        text += cut(line, columns) + "\n";
    }
    print(text);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// A few lines at the bottom of a terminal that are redrawn in place, with lasting lines above them; where the
// output is no terminal, the lasting lines alone. Owns only what it has drawn. Never fails: a closed terminal
// stops no job.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unitgate {

class LiveBlock {
  public:
    explicit LiveBlock(int fd); // on a terminal only where $TERM is not "dumb"
    LiveBlock(const LiveBlock&) = delete;
    ~LiveBlock() { clear(); }
    bool is_terminal() const { return is_terminal_; }
    bool has_colour() const { return colour_; }

    void last(std::string_view line);                 // stays, above the block
    void draw(const std::vector<std::string>& lines); // the block; cut to the terminal's size
    void clear();

  private:
    void print(std::string_view text);
    int fd_;
    bool is_terminal_, colour_;
    std::vector<std::string> shown_;
};

} // namespace unitgate

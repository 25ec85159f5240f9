// SPDX-License-Identifier: MIT
// Progress for people: a line per event, and on a terminal one line below that is rewritten with the current
// status. Colour only on a terminal, without $NO_COLOR and with a $TERM that is not "dumb". Never fails: a
// closed terminal stops no deploy.
#pragma once

#include <string>
#include <string_view>

#include "report/events.hpp"

namespace unitgate {

class Terminal {
  public:
    Terminal(int fd, bool is_terminal, bool colour) : fd_(fd), is_terminal_(is_terminal), colour_(colour) {}
    // What `fd` is, and what the environment asks for.
    static Terminal on(int fd);

    void event(const Occurrence& what); // alert_not_written also prints the alert
    void status(std::string_view text); // nothing where fd is no terminal
    void finish();                      // takes the status line away

  private:
    void print(std::string_view text);
    int fd_;
    bool is_terminal_, colour_;
    std::string shown_;
};

} // namespace unitgate

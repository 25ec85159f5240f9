// SPDX-License-Identifier: MIT
// One command as a child in a process group of its own, watched by the event loop. Owns the child, its
// time-out and its end: when it is ended, it and everything it started are gone before that is reported. This
// process becomes the reaper of orphans (PR_SET_CHILD_SUBREAPER), so that what left the group or lost its
// parent is still found. Used for version and deploy commands and by `exec` probes. No shell, no terminal;
// never decides what an end means.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/event.hpp"

namespace unitgate {

struct ProcessOptions {
    std::vector<std::string> command;     // command[0] without '/' is searched in the PATH of `environment`
    std::string directory;                // of the child; empty: as here
    std::vector<std::string> environment; // all of it, NAME=VALUE
    Duration timeout{0};                  // then it is ended; 0: none
    Duration grace = std::chrono::seconds(5); // between SIGTERM and SIGKILL, when it ends for time or output
    bool quiet = false;                       // stderr goes to /dev/null instead of ours
    std::size_t capture = 0; // stdout is kept, at most this many bytes (more ends it); 0: stdout is inherited
    std::size_t tail = 0;    // instead: of stdout and stderr together the last so many bytes are kept
    // An entry of `environment` that no other command has. With it nothing is left running: also what is left
    // when the command exits by itself, or when the Process is destroyed, is killed. Of processes that left
    // the group and lost their parent those are known by it, so that a server which another command started
    // is never taken for one of this command's.
    std::string mark;
};

struct ProcessEnd {
    enum class How { exited, killed, timed_out, too_much_output, ended };
    How how = How::exited;
    int status = 0;             // exit status, or the number of the signal
    bool out_of_memory = false; // the kernel has killed a process of this control group meanwhile
    std::string output;         // what was captured
    bool succeeded() const { return how == How::exited && status == 0; }
};

// A clause that goes after the command's name: "exited with status 3", "was killed for lack of memory",
// "took longer than 10min and was ended".
std::string describe(const ProcessEnd& end, Duration timeout);

class Process {
  public:
    using Done = std::function<void(ProcessEnd)>;
    // Fails when it can't be executed (not found, no permission, no such folder). `done` comes once, from the
    // loop; the Process may be destroyed in it. stdin is /dev/null, stderr inherited. Without a `mark` a
    // child that exits by itself may leave processes behind; they stay.
    static Result<std::unique_ptr<Process>> start(const Event& event, const ProcessOptions& options,
                                                  Done done);

    // SIGTERM to every process of it, SIGKILL after `grace`; `done` comes once none is left.
    void end(Duration grace);
    ~Process(); // a child still running is killed, with its group, and not waited for
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

  private:
    struct State;
    explicit Process(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace unitgate

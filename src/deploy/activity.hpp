// SPDX-License-Identifier: MIT
// Whether a run of a spec is under way or was a moment ago, seen from another process: by the note that each
// run leaves in the state file before it changes anything. Takes no lock, which a run about to begin would
// then miss. Used by app/run_watch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace unitgate {

class Activity {
  public:
    Activity(std::string state_folder, std::string name, std::string app);
    // A number that stays the same as long as no run has written the state file.
    std::uint64_t mark() const;
    // No run is under way, and none was since mark() gave `mark`.
    bool quiet_since(std::uint64_t mark);

  private:
    bool has_note() const;

    std::string folder_, name_, app_, path_;
    std::optional<std::uint64_t> without_note_; // the last mark whose state file was seen to hold no note
};

} // namespace unitgate

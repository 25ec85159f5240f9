// SPDX-License-Identifier: MIT
// The note of a rehearsal under way: STATE/rehearsal.json, which is durable before the first unit is stopped,
// so that what was up can be put back however the rehearsal ends; and its lock. Written by `rehearse` alone;
// a run reads it to learn that it is being rehearsed. Stops and starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace unitgate {

struct Rehearsal {
    enum class Phase { cold_start, putting_back };
    Phase phase = Phase::cold_start;
    std::string name, unit; // of the spec that is started alone
    std::string boot_id, since;
    bool was_up = false; // the unit itself
    // False: its gate asks apps that are taken down and whose units wait for it, so that no order works.
    bool in_order = true;
    std::vector<std::string> units; // those that were active beside it, in the order in which they start
};

class RehearsalFile {
  public:
    explicit RehearsalFile(const std::string& state_folder)
        : folder_(state_folder), path_(state_folder + "/rehearsal.json") {}
    // None: there is no such file. One that can't be understood is an error, never guessed at.
    Result<std::optional<Rehearsal>> load() const;
    Status save(const Rehearsal& rehearsal) const;
    Status remove() const;
    const std::string& path() const { return path_; }

  private:
    std::string folder_, path_;
};

// Held by a rehearsal as long as it lives. Fails with EWOULDBLOCK when another one holds it.
Result<Fd> lock_rehearsal(const std::string& state_folder);

// The cold start that a run of the spec `name` is part of: a note of this boot, with its rehearsal alive. A
// note that a killed rehearsal left behind is none.
Result<std::optional<Rehearsal>> rehearsal_of_run(const std::string& state_folder, const std::string& name,
                                                  const std::string& boot_id);

} // namespace unitgate

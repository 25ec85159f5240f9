// SPDX-License-Identifier: MIT
// The wanted version of a spec: a pin, a file's text or a command's output. Called by `run`; never deploys.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "io/event.hpp"
#include "io/process.hpp"
#include "spec/model.hpp"

namespace unitgate {

// Text of a file or command as a version: one line (one line break at its end is dropped), 1 to 128 printable
// ASCII characters, no leading '-' (it would be an option of the deploy command).
Result<std::string> version_from(std::string_view text);

// One look-up. The error is a clause for an alert: what was asked and why it gave no version.
class VersionLookup {
  public:
    using Done = std::function<void(Result<std::string>)>;
    VersionLookup(const Event& event, const VersionSource& source, std::vector<std::string> environment,
                  Done done);
    // `done` comes once, from the loop; this may be destroyed in it. Fails when not even that can be
    // arranged.
    Status start();
    // Ends the command; `done` then comes once no process of it is left. False: none runs, and `done` never comes.
    bool end(Duration grace);

  private:
    const Event& event_;
    const VersionSource& source_;
    std::vector<std::string> environment_;
    Done done_;
    std::unique_ptr<Process> process_;
    Source later_;
};

} // namespace unitgate

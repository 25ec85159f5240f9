// SPDX-License-Identifier: MIT
// How many gates wait on this host at this moment: each holds a byte of STATE/waiting by an open file
// description lock (fcntl(2)), which the kernel takes back whatever becomes of the process. Used by the run,
// so that a hundred units that wait for one app do not ask it a hundred times as often as one.
#pragma once

#include <cstddef>
#include <string>

#include "base/fd.hpp"

namespace unitgate {

class Crowd {
  public:
    // In it until this goes. Where the file can't be used, this is alone.
    static Crowd join(const std::string& state_folder);
    // With this one; counting ends at `most`, which is at least 1.
    std::size_t size(std::size_t most) const;

  private:
    Fd file_;
};

} // namespace unitgate

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace unitgate::test {

// An empty folder that goes, with all that is in it, when this does.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        path_ = std::filesystem::temp_directory_path() / "unitgate-test-XXXXXX";
        if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

} // namespace unitgate::test

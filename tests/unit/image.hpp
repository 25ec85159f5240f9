// SPDX-License-Identifier: MIT
// A folder that stands for the root of a host: unit files, links, and how UnitFiles reads them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "systemd/unit_files.hpp"
#include "temporary_folder.hpp"

namespace unitgate::test {

struct Image {
    TemporaryFolder folder;
    std::filesystem::path root = folder.path();
    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    }
    void link(const std::string& path, const std::string& to) {
        std::filesystem::create_directories((root / path).parent_path());
        std::filesystem::create_symlink(to, root / path);
    }
    std::string at(const std::string& path) const { return (root / path).string(); }
    UnitFiles files() const { return UnitFiles(root.string()); }
};

} // namespace unitgate::test

// SPDX-License-Identifier: MIT
// Parses every *.toml of a folder with toml11 and does nothing else: what the generator is held against.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <toml.hpp>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        if (entry.path().extension() == ".toml") paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    std::size_t keys = 0;
    for (const auto& path : paths)
        keys += toml::parse(path).as_table().size();
    return std::printf("%zu files, %zu keys\n", paths.size(), keys) < 0;
}

// SPDX-License-Identifier: MIT
// Every tests/golden/NN-name.toml is a bad spec; NN-name.txt is what its author must be told, to the byte.
// UNITGATE_UPDATE_GOLDEN=1 rewrites the texts: read the difference with a user's eyes before committing it.
#include "catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "spec/load.hpp"

using namespace unitgate;

TEST_CASE("a bad spec is refused with the exact text of its golden file") {
    const std::string folder = SOURCE_ROOT "/tests/golden";
    const bool update = std::getenv("UNITGATE_UPDATE_GOLDEN") != nullptr;
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder))
        if (each.path().extension() == ".toml") names.push_back(each.path().stem().string());
    std::sort(names.begin(), names.end());
    CHECK(names.size() >= 40);
    for (const std::string& name : names) {
        INFO(name);
        SpecPath where{{folder}, "/nonexistent/unitgate.toml", false};
        LoadedSpecs loaded = load_spec(where, name);
        CHECK(loaded.specs.empty());
        REQUIRE(loaded.broken.size() == 1);
        CHECK(loaded.broken[0].name == name);
        std::string text = replace_all(format_diagnostics(loaded.diagnostics), folder + "/", "");
        if (update) std::ofstream(folder + "/" + name + ".txt") << text;
        auto expected = read_file(folder + "/" + name + ".txt");
        REQUIRE(expected.has_value());
        CHECK(text == *expected);
    }
}

// SPDX-License-Identifier: MIT
// ARCHITECTURE.md against the source folder: its layers and its list of files are the real ones.
#include "catch.hpp"

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "base/file.hpp"
#include "base/text.hpp"

using namespace unitgate;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
    auto text = read_file(path.string());
    REQUIRE(text);
    return *text;
}

std::string architecture() {
    return text_of(SOURCE_ROOT "/ARCHITECTURE.md");
}

// The layer table: "| 3 | `io` | ...". tests/unit/layers_test.cpp holds the includes against it.
std::set<std::string> layers() {
    std::set<std::string> found;
    static const std::regex row(R"(^\| (\d) \| `([a-z]+)` \|.*)");
    std::string text = architecture();
    for (auto line : split(text, '\n')) {
        std::smatch match;
        std::string copy(line);
        if (std::regex_match(copy, match, row)) found.insert(match[2]);
    }
    return found;
}

// All source files, as "base/fd.hpp".
std::vector<std::string> sources() {
    std::vector<std::string> found;
    fs::path root = SOURCE_ROOT "/src";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".hpp")
            found.push_back(entry.path().lexically_relative(root).string());
    }
    return found;
}

} // namespace

TEST_CASE("every folder of the source stands in the layer table, and no other") {
    std::set<std::string> known;
    for (const auto& path : sources())
        known.insert(path.substr(0, path.find('/')));
    CHECK(layers() == known);
}

TEST_CASE("ARCHITECTURE.md has one line for every source file and for no other") {
    std::set<std::string> known, listed;
    for (const auto& path : sources())
        known.insert(path.substr(0, path.rfind('.')));
    static const std::regex row(R"(^\| `([a-z]+/[a-z0-9_]+)` \|.*)");
    std::string text = architecture(), faults;
    for (auto line : split(text, '\n')) {
        std::string copy(line);
        std::smatch match;
        if (std::regex_match(copy, match, row) && !listed.insert(match[1]).second)
            faults += match[1].str() + " has two lines\n";
    }
    for (const auto& file : known)
        if (!listed.count(file)) faults += file + " has no line\n";
    for (const auto& file : listed)
        if (!known.count(file)) faults += file + " is no file\n";
    CHECK(faults == "");
}

TEST_CASE("source files stay below 450 lines and begin with their license") {
    for (const auto& path : sources()) {
        std::string text = text_of(fs::path(SOURCE_ROOT "/src") / path);
        INFO(path);
        CHECK(split(text, '\n').size() <= 451);
        CHECK(text.starts_with("// SPDX-License-Identifier: MIT\n"));
    }
}

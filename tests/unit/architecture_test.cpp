// SPDX-License-Identifier: MIT
// ARCHITECTURE.md against the source folder: includes point down, and its list of files is the real one.
#include "catch.hpp"

#include <filesystem>
#include <map>
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

// The layer table: "| 3 | `io` | ...".
std::map<std::string, int> ranks() {
    std::map<std::string, int> found;
    static const std::regex row(R"(^\| (\d) \| `([a-z]+)` \|.*)");
    std::string text = architecture();
    for (auto line : split(text, '\n')) {
        std::smatch match;
        std::string copy(line);
        if (std::regex_match(copy, match, row)) found[match[2]] = std::stoi(match[1]);
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

std::string layer_of(const std::string& path) {
    return path.substr(0, path.find('/'));
}

// What is wrong with `from` including `to`; empty: nothing.
std::string fault(const std::map<std::string, int>& ranks, const std::string& from, const std::string& to) {
    std::string above = layer_of(from), below = layer_of(to);
    if (above == below) return {};
    if (!ranks.count(above)) return from + " is in no layer of the table";
    if (!ranks.count(below)) return from + " includes " + to + ", which is in no layer";
    if (ranks.at(below) < ranks.at(above)) return {};
    return from + " includes " + to + ", which is not below it";
}

} // namespace

TEST_CASE("every include of ours points down the layer table") {
    auto table = ranks();
    REQUIRE(table.size() >= 9);
    static const std::regex include(R"rx(^\s*#\s*include\s+"([a-z_]+/[^"]+)".*)rx");
    std::string faults;
    std::size_t includes = 0;
    for (const auto& path : sources()) {
        std::string text = text_of(fs::path(SOURCE_ROOT "/src") / path);
        for (auto line : split(text, '\n')) {
            std::string copy(line);
            std::smatch match;
            if (!std::regex_match(copy, match, include)) continue;
            ++includes;
            if (auto wrong = fault(table, path, match[1]); !wrong.empty()) faults += wrong + "\n";
        }
    }
    CHECK(includes > 50);
    CHECK(faults == "");
}

TEST_CASE("an include that points up or sideways is found") {
    auto table = ranks();
    CHECK(fault(table, "base/x.cpp", "spec/y.hpp") != "");
    CHECK(fault(table, "gate/x.cpp", "deploy/y.hpp") != "");
    CHECK(fault(table, "plan/x.cpp", "io/y.hpp") != "");
    CHECK(fault(table, "app/x.cpp", "other/y.hpp") != "");
    CHECK(fault(table, "gate/x.cpp", "io/y.hpp") == "");
    CHECK(fault(table, "gate/x.cpp", "gate/y.hpp") == "");
}

TEST_CASE("ARCHITECTURE.md has a line for every source file and for no other") {
    std::set<std::string> known, listed;
    for (const auto& path : sources())
        known.insert(path.substr(0, path.rfind('.')));
    static const std::regex row(R"(^\| `([a-z]+/[a-z0-9_]+)` \|.*)");
    std::string text = architecture();
    for (auto line : split(text, '\n')) {
        std::string copy(line);
        std::smatch match;
        if (std::regex_match(copy, match, row)) listed.insert(match[1]);
    }
    std::string faults;
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

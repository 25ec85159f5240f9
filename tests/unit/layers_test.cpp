// SPDX-License-Identifier: MIT
// Holds every #include of src/ against the layers of ARCHITECTURE.md: it points to a lower rank or stays in
// its layer.
#include "catch.hpp"
#include "temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace {

// plan and io, gate and deploy share a rank: neither may include the other.
const std::map<std::string, int> ranks = {{"base", 1},   {"spec", 2},    {"plan", 3},
                                          {"io", 3},     {"systemd", 4}, {"gate", 5},
                                          {"deploy", 5}, {"report", 6},  {"app", 7}};

// Heavy or C headers and the one place that may know them; the rest goes through an owner type.
const std::map<std::string, std::string> single_homes = {
    {"toml.hpp", "spec"},         {"nlohmann/json.hpp", "base"},  {"curl/curl.h", "io"},
    {"pcre2.h", "base"},          {"openssl/ssl.h", "io"},        {"openssl/x509.h", "io"},
    {"systemd/sd-bus.h", "io"},   {"systemd/sd-daemon.h", "io"},  {"systemd/sd-event.h", "io"},
    {"systemd/sd-id128.h", "io"}, {"systemd/sd-journal.h", "io"}, {"systemd/sd-login.h", "io"}};

bool may_include(const std::string& from, const std::string& to) {
    return from == to || ranks.at(to) < ranks.at(from);
}

std::vector<std::string> wrong_includes(const std::filesystem::path& source, std::size_t& seen) {
    static const std::regex include(R"(^\s*#\s*include\s*["<]([^">]+)[">])");
    std::vector<std::string> wrong;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
        auto extension = entry.path().extension();
        if (extension != ".cpp" && extension != ".hpp") continue;
        std::string file = std::filesystem::relative(entry.path(), source).string();
        std::string layer = file.substr(0, file.find('/'));
        if (!ranks.contains(layer)) {
            wrong.push_back(file + " is in no layer");
            continue;
        }
        std::ifstream text(entry.path());
        std::smatch match;
        for (std::string line; std::getline(text, line);) {
            if (!std::regex_search(line, match, include)) continue;
            std::string name = match[1], to = name.substr(0, name.find('/'));
            ++seen;
            if (ranks.contains(to) && std::filesystem::exists(source / name) && !may_include(layer, to))
                wrong.push_back(file + " includes " + name);
            if (line.find('"') != std::string::npos && name.find('/') == std::string::npos &&
                name != "config.hpp")
                wrong.push_back(file + " includes " + name + " without its layer");
            if (auto home = single_homes.find(name); home != single_homes.end() && home->second != layer)
                wrong.push_back(file + " includes " + name + ", which belongs to " + home->second);
        }
    }
    return wrong;
}

} // namespace

TEST_CASE("an include points down the layers or stays in its own") {
    std::size_t seen = 0;
    auto wrong = wrong_includes(std::filesystem::path(SOURCE_ROOT) / "src", seen);
    CHECK(wrong == std::vector<std::string>{});
    CHECK(seen > 100); // it did read them
}

TEST_CASE("the layers test sees an upward and a sideways include") {
    CHECK(may_include("gate", "systemd"));
    CHECK_FALSE(may_include("spec", "gate"));
    CHECK_FALSE(may_include("gate", "deploy"));
    CHECK_FALSE(may_include("io", "plan"));

    unitgate::test::TemporaryFolder folder;
    std::filesystem::path source = folder.path();
    for (auto layer : {"base", "gate", "deploy", "odd"})
        std::filesystem::create_directory(source / layer);
    std::ofstream(source / "gate/a.hpp") << "#pragma once\n";
    std::ofstream(source / "deploy/b.hpp") << "#include \"gate/a.hpp\"\n";
    std::ofstream(source / "base/c.cpp") << "  #  include <gate/a.hpp>\n#include \"toml.hpp\"\n";
    std::ofstream(source / "odd/d.cpp") << "\n";
    std::size_t seen = 0;
    CHECK(wrong_includes(source, seen).size() == 5);
}

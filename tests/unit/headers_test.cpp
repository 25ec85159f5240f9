// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "base/file.hpp"

// Headers that cost seconds to compile, or that belong to a C library which goes through an owner type.
TEST_CASE("a heavy header is included by one source file, and no header") {
    const std::set<std::string> heavy = {"toml.hpp", "nlohmann/json.hpp", "curl/curl.h", "pcre2.h"};
    static const std::regex include("#include <([^>]+)>");
    static const std::regex curl_table("#include \"io/curl_(library|loop|failure).hpp\"");
    std::map<std::string, std::set<std::string>> users;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SOURCE_ROOT "/src")) {
        if (!entry.is_regular_file()) continue;
        auto text = unitgate::read_file(entry.path().string());
        REQUIRE(text);
        if (std::regex_search(*text, curl_table)) {
            INFO(entry.path().string());
            CHECK(entry.path().string().find("/src/io/curl") != std::string::npos);
        }
        for (std::sregex_iterator at(text->begin(), text->end(), include), end; at != end; ++at)
            if (heavy.contains((*at)[1])) users[(*at)[1]].insert(entry.path().filename().string());
    }
    CHECK(users.contains("nlohmann/json.hpp")); // it did read them
    for (const auto& [header, files] : users) {
        INFO(header);
        for (const auto& file : files) {
            INFO(file);
            // The table of libcurl's functions takes their types from its header; only io/curl_* may read it.
            CHECK((file.ends_with(".cpp") || file == "curl_library.hpp"));
        }
        CHECK(files.size() == 1);
    }
}

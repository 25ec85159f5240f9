// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

#include "base/regex.hpp"
#include "io/start_pages.hpp"
#include "spec/toml.hpp"

using namespace unitgate;

namespace {

// KiB of this program's code, and of all writable memory, that are resident.
struct Resident {
    long code = 0, writable = 0;
};

Resident resident() {
    char self[4096];
    const auto length = ::readlink("/proc/self/exe", self, sizeof self);
    REQUIRE(length > 0);
    const std::string program(self, static_cast<std::size_t>(length));
    std::ifstream file("/proc/self/smaps");
    Resident all;
    bool code = false, writable = false;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first, second;
        words >> first >> second;
        if (second.size() == 4 &&
            (second[3] == 'p' || second[3] == 's')) { // "55d0c0000000-55d0c0001000 r-xp ..."
            code = second == "r-xp" && line.ends_with(program);
            writable = second[1] == 'w';
        } else if (first == "Rss:") {
            (code ? all.code : all.writable) += code || writable ? std::stol(second) : 0;
        }
    }
    return all;
}

long parsed() {
    SourceFile file{"x.toml", "a = [1, 2]\n[b]\nc = \"x\"\n"};
    return static_cast<long>(parse_toml(file).errors.size());
}

} // namespace

TEST_CASE("the pages of code that are given back are gone, come back when they are needed, and take no data "
          "along") {
    static int kept = 0;
    kept = 42;
    const std::string text(100'000, 'x');
    REQUIRE(parsed() == 0);
    const Resident before = resident();
    give_back_start_pages();
    const Resident after = resident();
    CHECK(before.code > 500);
    CHECK(after.code < before.code / 2);
    CHECK(after.writable > before.writable - 200);
    CHECK(kept == 42);
    CHECK(text == std::string(100'000, 'x'));
    CHECK(parsed() == 0);
}

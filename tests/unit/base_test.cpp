// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <unistd.h>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

TEST_CASE("time spans are read as systemd.time(7) writes them") {
    CHECK(parse_duration("10").value() == 10s);
    CHECK(parse_duration("1min 30s").value() == 90s);
    CHECK(parse_duration("1.5s").value() == 1500ms);
    CHECK(parse_duration("2h30min").value() == 150min);
    CHECK(parse_duration(" 5 min ").value() == 5min);
    CHECK(parse_duration("100us").value() == 100us);
    for (auto bad : {"", " ", "-5s", "5x", "s", "infinity", "1..2s", "5s garbage", "1e9999", "101y"})
        CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("every unit of systemd.time(7) counts, by each of its names, and a month is no minute") {
    const std::map<std::chrono::microseconds, std::vector<std::string>> units = {
        {1us, {"us", "usec", "µs"}},
        {1ms, {"ms", "msec"}},
        {1s, {"s", "sec", "second", "seconds", ""}},
        {1min, {"m", "min", "minute", "minutes"}},
        {1h, {"h", "hr", "hour", "hours"}},
        {24h, {"d", "day", "days"}},
        {7 * 24h, {"w", "week", "weeks"}},
        {2630016s, {"M", "month", "months"}}, // 30.44 days
        {31557600s, {"y", "year", "years"}},  // 365.25 days
    };
    for (const auto& [one, names] : units)
        for (const std::string& name : names) {
            INFO(name);
            CHECK(parse_duration("3" + name).value() == 3 * one);
        }
    CHECK(parse_duration("1y 2M 3w 4d 5h 6m 7s").value() ==
          31557600s + 2 * 2630016s + 21 * 24h + 4 * 24h + 5h + 6min + 7s);
    for (auto bad : {"5D", "5W", "5S", "5H", "5Y", "5mon", "5MIN"}) // systemd tells them apart, too
        CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("time spans are shown with two units at most, exact ones add up again") {
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(12ms) == "12ms");
    CHECK(format_duration(1500ms) == "1.5s");
    CHECK(format_duration(860s) == "14min 20s");
    CHECK(format_duration(3600s) == "1h");
    CHECK(format_duration(3601s) == "1h");
    for (Duration span : {Duration(1), Duration(1'500'000), Duration(930'000'000), Duration(0)})
        CHECK(parse_duration(format_duration_exact(span)).value() == span);
}

TEST_CASE("control bytes and broken UTF-8 are escaped, other text is left alone") {
    CHECK(escape_controls("Grüße → ok") == "Grüße → ok");
    CHECK(escape_controls("a\x1b[31mb\n\t\x7f") == "a\\x1b[31mb\\n\\t\\x7f");
    CHECK(escape_controls("\xc3") == "\\xc3");
    CHECK(escape_controls("\xc2\x9b") == "\\xc2\\x9b");
}

TEST_CASE("the nearest candidate is a plausible typo or none") {
    static constexpr std::array<std::string_view, 3> keys = {"interval", "timeout", "settle"};
    CHECK(nearest("intervall", keys) == "interval");
    CHECK(nearest("tiemout", keys) == "timeout");
    CHECK(nearest("banana", keys) == "");
    std::string_view verbs[] = {"start", "status", "stop"};
    CHECK(nearest("stat", verbs) == "status"); // not what acts on a host
    CHECK(nearest("sta", verbs) == "");
    CHECK(nearest("st", verbs) == "");
}

TEST_CASE("a diagnostic shows place, line, caret and remedy") {
    SourceFile file{"/x.toml", "[gate]\nintervall = \"1s\"\n"};
    Diagnostic one = diagnose({&file, 2, 1, 9}, "unknown-key", "unknown key 'intervall' in [gate]",
                              "did you mean 'interval'?");
    CHECK(format_diagnostic(one) == "/x.toml:2:1: error: unknown key 'intervall' in [gate] [unknown-key]\n"
                                    "    2 | intervall = \"1s\"\n"
                                    "      | ^~~~~~~~~\n"
                                    "  remedy: did you mean 'interval'?\n");
}

TEST_CASE("a long source line is shown in part, and none at all where the text goes to the journal") {
    SourceFile file{"/x.toml", std::string(300, 'a') + "=HUSH" + std::string(300, 'b') + "\n"};
    Diagnostic one = diagnose({&file, 1, 301, 1}, "syntax", "cause", "remedy");
    CHECK(format_diagnostic(one) == "/x.toml:1:301: error: cause [syntax]\n"
                                    "    1 | ..." +
                                        std::string(60, 'a') + "=HUSH" + std::string(115, 'b') + "...\n" +
                                        "      | " + std::string(63, ' ') + "^\n  remedy: remedy\n");
    CHECK(format_diagnostic(one, SourceLines::left_out) ==
          "/x.toml:1:301: error: cause [syntax]\n  remedy: remedy\n");
}

TEST_CASE("a durable file is replaced whole and a created one never overwrites") {
    test::TemporaryFolder folder;
    std::string path = folder / "file";
    REQUIRE(write_file_durable(path, "one", 0640));
    REQUIRE(write_file_durable(path, "two", 0640));
    CHECK(read_file(path).value() == "two");
    auto again = create_file_durable(path, "three", 0640);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == EEXIST);
    CHECK(read_file(path).value() == "two");
    CHECK(read_file(path, 2).error().code == EFBIG);
    REQUIRE(make_folders(folder / "a/b", 0700));
    auto first = lock_file(path + ".lock");
    REQUIRE(first);
    CHECK(lock_file(path + ".lock").error().code == EWOULDBLOCK);
    CHECK(std::filesystem::remove_all(folder.path()) > 0);
}

TEST_CASE("JSON keeps order, finds pointers and refuses depth") {
    Json alert = Json::object().set("b", 1).set("a", "x\xff");
    CHECK(alert.dump() == "{\"b\":1,\"a\":\"x\xef\xbf\xbd\"}");
    auto parsed = Json::parse(R"({"Version":"3.6","n":[1,2.5,null]})").value();
    CHECK(parsed.at_pointer("/Version").value()->plain() == "3.6");
    CHECK(parsed.at_pointer("/n/1").value()->plain() == "2.5");
    CHECK_FALSE(parsed.at_pointer("/n/7").value().has_value());
    CHECK_FALSE(parsed.at_pointer("n").has_value());
    CHECK_FALSE(Json::parse(std::string(100000, '[')).has_value());
    CHECK_FALSE(Json::parse("{").has_value());
}

// SPDX-License-Identifier: MIT
// The judge of answers, and the reading of credentials.
#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include "base/file.hpp"
#include "gate/credentials.hpp"
#include "gate/judge.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

TryResult judged(const HttpProbe& probe, const std::string& body, const Expansion& with = {"1.0", "1.0"}) {
    HttpAnswer answer;
    answer.status = 200;
    answer.body = body;
    return Judge::create(probe, with).value().judge(answer);
}

} // namespace

TEST_CASE("a JSON rule tells a missing value, another value and no JSON apart") {
    HttpProbe probe;
    probe.json = {{"/Version", "3.6"}};
    CHECK(judged(probe, R"({"Version":"3.6"})").passed());
    CHECK(judged(probe, R"({"Version":3.6})").passed()); // compared as a person would
    CHECK(judged(probe, R"({"Version":"3.5"})").detail == "'/Version' is another value than the wanted one");
    CHECK(judged(probe, R"({"version":"3.6"})").detail == "'/Version' is missing");
    CHECK(judged(probe, "[]").detail == "'/Version' is missing");
    CHECK(judged(probe, "<html>").detail == "the body is no JSON");
    CHECK(judged(probe, "").detail == "the body is no JSON");
    CHECK(judged(probe, std::string(60000, '[')).detail == "the body is no JSON");
    for (auto body : {R"({"Version":"3.5"})", "[]", "<html>"})
        CHECK(cause_name(judged(probe, body).cause) == "json");
}

TEST_CASE("the version in a body rule is literal text") {
    HttpProbe probe;
    probe.body = "^version {version}$";
    CHECK(judged(probe, "version 1.0+b(2)", {"1.0+b(2)", ""}).passed());
    CHECK(judged(probe, "version 1x0+b(2)", {"1.0+b(2)", ""}).detail == "no match of 'body' in the body");
    CHECK(cause_name(judged(probe, "").cause) == "body");
    CHECK(judged(probe, "version \\E.*", {"\\E.*", ""}).passed());
}

TEST_CASE("a pattern that backtracks without end fails instead of hanging") {
    HttpProbe probe;
    for (auto pattern : {"(a+)+$", "(a|aa)+$", "(.*)*b\\d"}) {
        INFO(pattern);
        probe.body = pattern;
        auto begun = Clock::now();
        auto result = judged(probe, std::string(60000, 'a') + "!");
        CHECK(cause_name(result.cause) == "body");
        CHECK(Clock::now() - begun < 5s);
    }
}

TEST_CASE(
    "a pattern that searches a long body anew from each of its bytes fails instead of holding the loop up") {
    HttpProbe probe;
    std::string body;
    while (body.size() < 65000)
        body += "abcdef v1 ";
    for (auto pattern : {"(?:[a-f]| |v1)*[xq]", "v\\d.*(x|q)", "[^q]*[^z]*[^y]*[qzy]", "(?s)(?=.*q|.*z)v"}) {
        INFO(pattern);
        probe.body = pattern;
        auto begun = Clock::now();
        auto result = judged(probe, body);
        CHECK(result.detail == "the pattern of 'body' takes too long on this body");
        CHECK(Clock::now() - begun < 5s);
    }
    // What people write is far from that limit.
    body += "\"Version\": \"1.0\"}";
    for (auto pattern : {"\"Version\"\\s*:\\s*\"{version}\"", "(?s)^.*Version.*}$",
                         "(?i)(?:up|version)\\W+\\d", "(\\w+ )+\"V"}) {
        INFO(pattern);
        probe.body = pattern;
        CHECK(judged(probe, body).passed());
    }
}

TEST_CASE("credentials come from the folder of the unit, else from the paths of the spec") {
    test::TemporaryFolder folder;
    const std::string& base = folder.path();
    REQUIRE(write_file_durable(base + "/token", "s3cret\n", 0600));
    REQUIRE(write_file_durable(base + "/elsewhere", "other", 0600));
    REQUIRE(write_file_durable(base + "/bad", "s3cret\nsecond line", 0600));
    REQUIRE(write_file_durable(base + "/empty", "\n", 0600));
    Spec spec;
    spec.credentials = {{"token", base + "/elsewhere"}};
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(read_credentials(spec).value() == Credentials{{"token", "other"}});
    setenv("CREDENTIALS_DIRECTORY", base.c_str(), 1);
    CHECK(read_credentials(spec).value() == Credentials{{"token", "s3cret"}});
    unsetenv("CREDENTIALS_DIRECTORY");
    for (auto name : {"/bad", "/empty", "/missing"}) {
        spec.credentials = {{"token", base + name}};
        auto read = read_credentials(spec);
        REQUIRE_FALSE(read);
        CHECK(read.error().message.find("'token'") != std::string::npos);
        CHECK(read.error().message.find("s3cret") == std::string::npos);
        CHECK_FALSE(read.error().remedy.empty());
    }
    CHECK(std::filesystem::remove_all(base) > 0);
}

TEST_CASE("placeholders of credentials are filled in once and must be known") {
    Credentials known{{"a", "{credential:b}"}, {"b", "two"}};
    CHECK(expand_credentials("x {credential:a} {credential:b} {c}", known).value() ==
          "x {credential:b} two {c}");
    CHECK_FALSE(expand_credentials("{credential:c}", known));
    CHECK_FALSE(expand_credentials("{credential:a", known));
}

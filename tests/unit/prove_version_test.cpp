// SPDX-License-Identifier: MIT
// The row of `prove` for an app of another version: what it answers, and where nobody knows.
#include "catch.hpp"

#include "proofs.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const ProofRow other_version_row(HttpProbe probe, const std::string& version, const std::string& answer) {
    ProbeProof proof = proof_of(std::move(probe), {{"probe-1", {200, answer, ""}}}, {version, version});
    return row_of(proof, "answers as another version would");
}

} // namespace

TEST_CASE("digits of an answer that happen to be those of the version are not taken for it", "[prove]") {
    HttpProbe blind = gate_of({{200, 200}});
    blind.json = {{"/status", "UP"}};
    for (const char* version : {"1", "0", "16", "v3.6.15"}) {
        INFO(version);
        const std::string named = std::string(R"({"status":"UP","version":")") + version + "\"}";
        for (const std::string& answer :
             {std::string(R"({"status":"UP","uptime":1123})"), named,
              std::string(R"({"status":"UP","count":[0,1,16],"since":"2016-01-10","was":"v3.6.15-rc1"})")}) {
            INFO(answer);
            ProofRow row = other_version_row(blind, version, answer);
            CHECK(row.result.detail == "");
            CHECK(row.grade == Grade::advice);
            CHECK((row.note.find(R"(json = { "/version" = "{version}" })") != std::string::npos));
        }
    }
    // A rule that a version of digits would break by chance.
    HttpProbe counts = gate_of({{200, 200}});
    counts.json = {{"/errors", "0"}};
    CHECK(other_version_row(counts, "0", R"({"errors":0})").grade == Grade::advice);
    CHECK(other_version_row(counts, "0", R"({"errors":"0"})").grade == Grade::advice);
    counts.json = {{"/load", "13.62"}, {"/was", "v3.6-rc1"}};
    CHECK(other_version_row(counts, "3.6", R"({"load":13.62,"was":"v3.6-rc1"})").grade == Grade::advice);
    CHECK(other_version_row(blind, "1e5", R"({"status":"UP","most":1e5})").grade == Grade::advice);
}

TEST_CASE("the version is replaced however the app writes it, where the probe compares it", "[prove]") {
    auto held = [](HttpProbe probe, const std::string& version, const std::string& answer) {
        ProofRow row = other_version_row(std::move(probe), version, answer);
        INFO(version << ": " << answer << ": " << row.note);
        CHECK(row.grade == Grade::held);
        return std::string(cause_name(row.result.cause));
    };
    HttpProbe json = gate_of({{200, 200}});
    json.json = {{"/version", "{version}"}};
    for (const char* version : {"1", "0", "16", "3.6", "v3.6.15"}) {
        CHECK(held(json, version, std::string(R"({"uptime":1123,"version":")") + version + "\"}") == "json");
        if (version[0] == 'v') continue;
        CHECK(held(json, version, std::string(R"({"n":[1,0,16],"version":)") + version + "}") == "json");
    }
    HttpProbe marked = json;
    marked.json = {{"/version", "v{version}"}, {"/name", "app"}};
    CHECK(held(marked, "3.6", R"({"name":"app","version":"v3.6"})") == "json");
    marked.json = {{"/version", "app-{version}"}};
    CHECK(held(marked, "3.6", R"({"api":"3.6","version":"app-3.6"})") == "json");
    HttpProbe body = gate_of({{200, 200}});
    body.body = "^this is {version}\\.";
    CHECK(held(body, "3.6", "this is 3.6. Not 3.6.1.") == "body");
    body.body = "app-{version}\\.js";
    CHECK(held(body, "3.6", "<script src=app-3.6.js>") == "body");
}

TEST_CASE("what another version answers is not shown where nobody knows it", "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.body = "^build_[a-f0-9]+_{version}$";
    ProofRow row = other_version_row(probe, "3.6", "build_77ab_3.6");
    CHECK(row.grade == Grade::not_shown);
    CHECK(row.note == "where the app's answer names the version is not known");
    ProbeProof nothing_known = proof_of(probe);
    CHECK(row_of(nothing_known, "answers as another version would").note ==
          "what a healthy app answers is not known");
}

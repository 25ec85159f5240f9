// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <fstream>

#include "run_program.hpp"
#include "temporary_folder.hpp"

TEST_CASE("verify names the gate that waits for a unit ordered after its own, and the cured one is clean") {
    unitgate::test::TemporaryFolder folder;
    auto write = [&](const char* file, const std::string& text) { std::ofstream(folder / file) << text; };
    auto verify = [&] { return run_shell(UNITGATE_PROGRAM " --specs " + folder.path() + " verify 2>&1"); };
    const std::string common = "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n[[gate.probe]]\n";
    write("site.toml", "serves = [\"https://ci.example.net/\"]\nunit.after = [\"deploy-proxy.service\"]\n" +
                           common + "url = \"https://ci.example.net/\"\n");
    write("proxy.toml",
          "domain = \"traefik.ci.example.net\"\n" + common + "url = \"https://ci.example.net/\"\n");
    Ran old_gate = verify();
    INFO(old_gate.output);
    CHECK(old_gate.code == 1);
    CHECK(old_gate.output.find("[gate-deadlock]") != std::string::npos);
    CHECK(old_gate.output.find("'deploy-site.service' starts after 'deploy-proxy.service'") !=
          std::string::npos);
    CHECK(old_gate.output.find("site.toml:2") != std::string::npos);
    write("proxy.toml", "domain = \"traefik.ci.example.net\"\n" + common + "path = \"/api/version\"\n");
    Ran new_gate = verify();
    INFO(new_gate.output);
    CHECK(new_gate.code == 0);
}

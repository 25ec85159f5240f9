// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <fstream>

#include "image.hpp"
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

TEST_CASE("verify of an image finds the old gate and tells the chain with the image's own files") {
    unitgate::test::Image image;
    const std::string common = "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n[[gate.probe]]\n"
                               "url = \"https://ci.example.net/\"\n";
    const std::string specs = "etc/unitgate/specs/",
                      drop_in = "etc/systemd/system/deploy-site.service.d/50.conf";
    image.write("usr/lib/systemd/system/deploy.target", "[Unit]\nDescription=Apps\n");
    image.write(specs + "proxy.toml", "serves = [\"https://traefik.ci.example.net/\"]\n" + common);
    image.write(specs + "site.toml", "serves = [\"https://ci.example.net/\"]\n" + common);
    image.write(drop_in, "[Unit]\nAfter=deploy-proxy.service\n");
    Ran ran = run_shell(UNITGATE_PROGRAM " verify --root " + image.root.string() + " 2>&1");
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("[gate-deadlock]") != std::string::npos);
    CHECK(ran.output.find("asks https://ci.example.net/ in probe 'probe-1' (" +
                          image.at(specs + "proxy.toml") + ":6)") != std::string::npos);
    CHECK(ran.output.find("(" + image.at(specs + "site.toml") + ":1: serves") != std::string::npos);
    CHECK(ran.output.find("(" + image.at(drop_in) + ":2: After=deploy-proxy.service)") != std::string::npos);
}

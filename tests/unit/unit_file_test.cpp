// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include "systemd/escape.hpp"
#include "systemd/unit_set.hpp"
#include "systemd/write_units.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using unitgate::test::TemporaryFolder;

namespace {

Names names(std::initializer_list<const char*> all) {
    Names list;
    for (auto name : all)
        list.push_back({name, {}});
    return list;
}

Spec proxy() {
    Spec spec;
    spec.name = "proxy";
    spec.path = "/etc/unitgate/specs/proxy.toml";
    spec.description = "Traefik, the host's reverse proxy";
    spec.app = "traefik";
    spec.unit.name = "deploy-proxy.service";
    spec.unit.wanted_by = names({"deploy.target"});
    spec.version.kind = VersionSource::Kind::pin;
    return spec;
}

const UnitContext usual{"/usr/bin/unitgate", {}};

// The values of one key, in order.
std::vector<std::string> values(const std::string& text, const std::string& key) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key + "=")) found.push_back(line.substr(key.size() + 1));
    return found;
}

using Values = std::vector<std::string>;

std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("a deploy unit says what its spec says, line by line") {
    Spec spec = proxy();
    spec.unit.after = names({"network-online.target", "docker.service", "docker.service"});
    spec.unit.requires_ = names({"docker.service"});
    spec.unit.before = names({"a.target"});
    spec.unit.requisite = names({"b.service"});
    spec.unit.binds_to = names({"c.service"});
    spec.unit.part_of = names({"d.target"});
    spec.unit.conflicts = names({"e.service"});
    spec.credentials = {{"token", "/etc/unitgate/credentials/token"}};
    std::string text = unit_text(spec, usual);
    INFO(text);
    const std::vector<std::pair<std::string, Values>> expected = {
        {"Description", {"Traefik, the host's reverse proxy"}},
        {"Documentation", {"man:unitgate-run(8)"}},
        {"SourcePath", {"/etc/unitgate/specs/proxy.toml"}},
        {"After", {"network-online.target docker.service"}},
        {"Wants", {"network-online.target"}}, // nobody said so, but it would not be waited for otherwise
        {"Requires", {"docker.service"}},
        {"Before", {"a.target"}},
        {"Requisite", {"b.service"}},
        {"BindsTo", {"c.service"}},
        {"PartOf", {"d.target"}},
        {"Conflicts", {"e.service"}},
        {"OnFailure", {"unitgate-alert@%n.service"}},
        {"StartLimitIntervalSec", {"0"}},
        {"Type", {"notify"}},
        {"NotifyAccess", {"exec"}},
        {"KeyringMode", {"private"}},
        {"StandardInput", {"null"}},
        {"RemainAfterExit", {"yes"}},
        {"ExecStart", {"/usr/bin/unitgate run proxy"}},
        {"ExecReload", {"/usr/bin/unitgate run --reload proxy"}},
        {"Restart", {"no"}},
        {"OOMPolicy", {"continue"}},
        {"StateDirectory", {"unitgate"}},
        {"LoadCredential", {"token:/etc/unitgate/credentials/token"}},
        {"TimeoutStartSec", {format_duration_exact(longest_run(spec) + 30s)}},
    };
    for (const auto& [key, wanted] : expected) {
        INFO(key);
        CHECK(values(text, key) == wanted);
    }
    CHECK(text.starts_with(unit_file_mark));
    CHECK(values(text, "WatchdogSec").empty());
    Spec watched = spec;
    watched.watch.emplace();
    watched.gate.boot_deadline = 40min; // the longer of the two counts
    const std::string other = unit_text(watched, usual);
    CHECK(values(other, "WatchdogSec") == std::vector<std::string>{"30s"});
    CHECK(values(other, "TimeoutStartSec") == std::vector<std::string>{format_duration_exact(
                                                  longest_run(spec) + 40min - spec.gate.deadline + 30s)});
    CHECK(text.find("\n[Unit]\n") < text.find("\n[Service]\n"));
    CHECK(text.find("StartLimitIntervalSec") < text.find("\n[Service]\n"));
}

TEST_CASE("a unit without lists has no line for them, and a spec without description still has one") {
    Spec spec = proxy();
    spec.description.clear();
    std::string text = unit_text(spec, usual);
    for (auto key : {"After", "Before", "Wants", "Requires", "Conflicts", "LoadCredential"})
        CHECK(values(text, key).empty());
    CHECK(values(text, "Description") == Values{"Deploy of traefik"});
}

TEST_CASE("--specs stands before the verb in ExecStart and ExecReload") {
    UnitContext context{"/usr/bin/unitgate", {"/srv/my specs", "/b"}};
    std::string text = unit_text(proxy(), context);
    CHECK(values(text, "ExecStart") ==
          Values{"/usr/bin/unitgate --specs \"/srv/my specs\" --specs /b run proxy"});
    CHECK(values(text, "ExecReload") ==
          Values{"/usr/bin/unitgate --specs \"/srv/my specs\" --specs /b run --reload proxy"});
}

TEST_CASE("no value of a spec can add a line, a specifier, a variable or a word to its unit") {
    CHECK(unit_text_value("100% of %n") == "100%% of %%n");
    CHECK(unit_text_value("a\nExecStartPre=/bin/evil") == "a\\nExecStartPre=/bin/evil");
    CHECK(unit_text_value("ends in \\") == "ends in \\ ");
    CHECK(unit_text_value("\"quoted\" ${HOME} 'x'") == "\"quoted\" ${HOME} 'x'"); // systemd reads none of it
    CHECK(unit_text_value("\xff") == "\\xff");
    CHECK(exec_argument("plain-1.2_x/y") == "plain-1.2_x/y");
    CHECK(exec_argument("") == "\"\"");
    CHECK(exec_argument(";") == "\";\"");
    CHECK(exec_argument("a b") == "\"a b\"");
    CHECK(exec_argument("50%n") == "50%%n");
    CHECK(exec_argument("${HOME}") == "$${HOME}");
    CHECK(exec_argument("say \"it\"\\") == "\"say \\\"it\\\"\\\\\"");
    CHECK(exec_argument("it's") == "\"it's\"");
    CHECK(exec_argument("a\nb\tü") == "\"a\\x0ab\\x09\\xc3\\xbc\"");
    CHECK(unit_path_value("/a b/100%/c:d") == "/a b/100%%/c:d");
    CHECK(unit_path_value("/a\\") == "/a\\ ");
    for (auto path : {"/a\nb", "/a\x7f", "/a ", "/\xff"})
        CHECK_FALSE(unit_path_value(path).has_value());

    Spec spec = proxy();
    spec.description = "x\n[Service]\nExecStartPre=/bin/evil \\";
    spec.path = "/a\nb/proxy.toml";
    spec.unit.after =
        names({"a.service\nExecStartPre=/bin/evil", "b.service c.service", "%n.service", "ok.service"});
    std::string text = unit_text(spec, usual);
    INFO(text);
    CHECK(values(text, "ExecStartPre").empty());
    CHECK(values(text, "SourcePath").empty());
    CHECK(values(text, "After") == Values{"ok.service"});
}

TEST_CASE("names of units are told from other text") {
    for (auto good : {"docker.service", "a@b.service", "dev-disk-by\\x2duuid.device", "getty@.service",
                      "x.mount", "-.slice"})
        CHECK(is_unit_name(good));
    for (auto bad : {"", "docker", ".service", "a b.service", "a/b.service", "../x.service", "%n.service",
                     "a.toml", "@x.service", "a\n.service"})
        CHECK_FALSE(is_unit_name(bad));
    CHECK_FALSE(is_unit_name(std::string(250, 'a') + ".service"));
    CHECK(is_service_name("deploy-a.service"));
    CHECK(is_service_name("a@b.service"));
    CHECK_FALSE(is_service_name("a@.service"));
    CHECK_FALSE(is_service_name("a.target"));
}

TEST_CASE("a bad spec has a unit that fails, and never hides a good one") {
    LoadedSpecs loaded;
    loaded.specs.push_back(proxy());
    loaded.broken.push_back({"bridge", "/etc/unitgate/specs/bridge.toml", "my-bridge.service", "bridge"});
    loaded.broken.push_back({"drone", "/etc/unitgate/specs/drone.toml", "", ""});
    loaded.broken.push_back({"evil", "/etc/unitgate/specs/evil.toml", "deploy-proxy.service", ""});
    loaded.broken.push_back({"worse", "/etc/unitgate/specs/worse.toml", "../../x.service", ""});
    UnitSet set = make_unit_set(loaded, usual);
    Values files, links;
    for (const auto& file : set.files)
        files.push_back(file.name);
    for (const auto& link : set.links)
        links.push_back(link.folder + "/" + link.name);
    CHECK(files == Values{"deploy-proxy.service", "my-bridge.service", "deploy-drone.service",
                          "deploy-evil.service", "deploy-worse.service"});
    CHECK(links == Values{"deploy.target.wants/deploy-proxy.service", "deploy.target.wants/my-bridge.service",
                          "deploy.target.wants/deploy-drone.service",
                          "deploy.target.wants/deploy-evil.service",
                          "deploy.target.wants/deploy-worse.service"});
    CHECK(values(set.files[0].text, "SourcePath") == Values{"/etc/unitgate/specs/proxy.toml"});
    CHECK(values(set.files[1].text, "ExecStart") == Values{"/usr/bin/unitgate run bridge"});
    CHECK(values(set.files[1].text, "Description") == Values{"Deploy of bridge (its spec is bad)"});
}

TEST_CASE("a unit name that would leave the folder, hide another unit or be no service is never written") {
    for (auto name : {"../proxy.service", "a/b.service", "proxy.target", "proxy@.service", "proxy",
                      "deploy-first.service"}) {
        INFO(name);
        LoadedSpecs loaded;
        loaded.specs = {proxy(), proxy()};
        loaded.specs[0].unit.name = "deploy-first.service";
        loaded.specs[1].unit.name = name;
        loaded.specs[1].unit.required_by = names({"a.target"});
        loaded.specs[0].unit.required_by = names({"../../etc"});
        UnitSet set = make_unit_set(loaded, usual);
        CHECK(set.files.size() == 1);
        CHECK(set.links.size() == 1);
    }
}

TEST_CASE("a schedule makes a timer, which reconciles the one spec from the same folders") {
    LoadedSpecs loaded;
    loaded.specs = {proxy()};
    loaded.specs[0].name = "proxy";
    loaded.specs[0].unit.schedule = "*-*-* 04:00:00 50%";
    UnitSet set = make_unit_set(loaded, {"/usr/bin/unitgate", {"/a b"}});
    REQUIRE(set.files.size() == 3);
    CHECK(set.files[1].name == "unitgate-reconcile@proxy.service");
    CHECK(values(set.files[1].text, "ExecStart") ==
          Values{"/usr/bin/unitgate --specs \"/a b\" reconcile proxy"});
    CHECK(set.files[2].name == "deploy-proxy.timer");
    CHECK(values(set.files[2].text, "OnCalendar") == Values{"*-*-* 04:00:00 50%%"});
    CHECK(values(set.files[2].text, "Unit") == Values{"unitgate-reconcile@proxy.service"});
    CHECK(set.links.back().folder == "timers.target.wants");
    CHECK(set.links.back().name == "deploy-proxy.timer");
}

TEST_CASE("units and links are written whole, twice as well as once") {
    TemporaryFolder folder;
    LoadedSpecs loaded;
    loaded.specs = {proxy()};
    loaded.specs[0].unit.required_by = names({"a.target"});
    UnitSet set = make_unit_set(loaded, usual);
    for (int i = 0; i < 2; ++i) {
        auto report = write_units(set, folder / "new/folder");
        REQUIRE(report);
        CHECK(report->errors.empty());
        CHECK(report->written == Values{"deploy-proxy.service", "deploy.target.wants/deploy-proxy.service",
                                        "a.target.requires/deploy-proxy.service"});
    }
    CHECK(read(folder / "new/folder/deploy-proxy.service") == set.files[0].text);
    CHECK(read(folder / "new/folder/deploy.target.wants/deploy-proxy.service") == set.files[0].text);
    CHECK(std::filesystem::read_symlink(folder / "new/folder/a.target.requires/deploy-proxy.service") ==
          "../deploy-proxy.service");
    std::size_t entries = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "new/folder")) {
        INFO(entry.path());
        ++entries;
    }
    CHECK(entries == 3); // no temporary file stays
}

TEST_CASE("a file that unitgate did not make is never overwritten, the others are written") {
    TemporaryFolder folder;
    LoadedSpecs loaded;
    loaded.specs = {proxy(), proxy(), proxy()};
    loaded.specs[1].unit.name = "hand-made.service";
    loaded.specs[2].unit.name = "linked.service";
    std::ofstream(folder / "hand-made.service") << "[Service]\nExecStart=/bin/true\n";
    std::filesystem::create_symlink("/etc/hostname", folder / "linked.service");
    auto report = write_units(make_unit_set(loaded, usual), folder.path());
    REQUIRE(report);
    CHECK(report->written == Values{"deploy-proxy.service", "deploy.target.wants/deploy-proxy.service"});
    REQUIRE(report->errors.size() == 2);
    CHECK(report->errors[0].message ==
          "cannot write '" + folder / "hand-made.service" + "': there is one that unitgate did not make");
    CHECK(read(folder / "hand-made.service") == "[Service]\nExecStart=/bin/true\n");
    CHECK(std::filesystem::is_symlink(folder / "linked.service"));
}

TEST_CASE("a folder that cannot be used is an error") {
    TemporaryFolder folder;
    std::ofstream(folder / "file") << "x";
    CHECK_FALSE(write_units({}, folder / "file"));
    CHECK_FALSE(write_units({}, folder / "file/below"));
}

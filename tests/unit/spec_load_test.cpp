// SPDX-License-Identifier: MIT
// Search path, masks, drop-ins, settings, and what a bad spec leaves of itself; on real files.
#include "catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "spec/load.hpp"
#include "spec/names.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
namespace fs = std::filesystem;

namespace {

const std::string good =
    "[version]\npin = '1'\n[deploy]\ncommand = ['true']\n[[gate.probe]]\nurl = 'http://h/one'\n";

struct Folder {
    test::TemporaryFolder temporary;
    const std::string& root = temporary.path();
    SpecPath where;

    Folder() {
        where.folders = {root + "/etc", root + "/run", root + "/lib"};
        where.settings = root + "/unitgate.toml";
        where.check_trust = false;
        for (const auto& each : where.folders)
            fs::create_directory(each);
    }

    void write(const std::string& path, const std::string& text) const {
        fs::create_directories(fs::path(root + "/" + path).parent_path());
        std::ofstream(root + "/" + path) << text;
    }
    void mask(const std::string& path) const {
        fs::create_directories(fs::path(root + "/" + path).parent_path());
        fs::create_symlink("/dev/null", root + "/" + path);
    }
    LoadedSpecs load() const { return load_specs(where); }
    std::string text(const LoadedSpecs& loaded) const {
        return replace_all(format_diagnostics(loaded.diagnostics), root + "/", "");
    }
};

std::string url_of(const Spec* spec, std::size_t probe = 0) {
    return std::get<HttpProbe>(spec->gate.probes.at(probe).check).url;
}

} // namespace

TEST_CASE("the first folder of the search path wins") {
    Folder folder;
    folder.write("lib/a.toml", "description = 'lib'\n" + good);
    folder.write("etc/a.toml", "description = 'etc'\n" + good);
    folder.write("run/b.toml", good);
    LoadedSpecs loaded = folder.load();
    INFO(folder.text(loaded));
    REQUIRE(loaded.specs.size() == 2);
    CHECK(loaded.find("a")->description == "etc");
    CHECK(loaded.find("a")->path == folder.root + "/etc/a.toml");
    CHECK(loaded.find("b"));
    CHECK_FALSE(loaded.find("c"));
    CHECK(load_spec(folder.where, "a").specs.at(0).description == "etc");
}

TEST_CASE("a link to /dev/null masks a spec, an empty file does not") {
    Folder folder;
    folder.write("lib/a.toml", good);
    folder.mask("etc/a.toml");
    folder.write("lib/b.toml", good);
    folder.write("etc/b.toml", "");
    LoadedSpecs loaded = folder.load();
    CHECK(loaded.specs.empty());
    REQUIRE(loaded.broken.size() == 1);
    CHECK(loaded.broken[0].name == "b");
    LoadedSpecs masked = load_spec(folder.where, "a");
    CHECK(masked.broken.empty());
    CHECK(folder.text(masked) == "etc/a.toml: error: spec 'a' is masked by a link to /dev/null [masked]\n"
                                 "  remedy: remove the link to have it back\n");
}

TEST_CASE("drop-ins of all folders are laid over a spec in the order of their names") {
    Folder folder;
    folder.write("lib/a.toml", "description = 'base'\n[deploy.environment]\nA = '1'\nB = '1'\n" +
                                   replace_all(good, "[deploy]\n", "[deploy]\nwhen = 'always'\n"));
    folder.write("lib/a.toml.d/10-x.toml",
                 "description = 'ten'\n[deploy]\ncommand = ['new', 'command']\nenvironment = { B = '2' }\n");
    folder.write("etc/a.toml.d/05-y.toml", "description = 'five'\ndomain = 'd.example'\n");
    folder.write("run/a.toml.d/20-z.toml", "[deploy]\ntimeout = '1s'\n");
    folder.mask("etc/a.toml.d/20-z.toml");
    folder.write("lib/a.toml.d/30-w.toml", "[deploy]\ntimeout = '2s'\n");
    folder.write("etc/a.toml.d/30-w.toml", "[deploy]\ntimeout = '3s'\n");
    folder.write("etc/a.toml.d/ignored.conf", "nonsense");
    folder.write("etc/none.toml.d/x.toml", "nonsense");
    for (const LoadedSpecs& loaded : {folder.load(), load_spec(folder.where, "a")}) {
        INFO(folder.text(loaded));
        REQUIRE(loaded.specs.size() == 1);
        const Spec& spec = loaded.specs[0];
        CHECK(spec.description == "ten");
        CHECK(spec.domain == "d.example");
        CHECK(spec.deploy.command == std::vector<std::string>{"new", "command"});
        CHECK(spec.deploy.when == Deploy::When::always);
        CHECK(spec.deploy.environment.at("A") == "1");
        CHECK(spec.deploy.environment.at("B") == "2");
        CHECK(spec.deploy.timeout == 3s);
        CHECK(spec.sources.size() == 4);
    }
}

TEST_CASE("a probe of a drop-in replaces the one with its name and is appended otherwise") {
    Folder folder;
    folder.write("lib/a.toml", good + "[[gate.probe]]\nname = 'two'\nurl = 'http://h/two'\n");
    folder.write("etc/a.toml.d/x.toml", "[[gate.probe]]\nname = 'probe-1'\nurl = 'http://h/new'\n"
                                        "[[gate.probe]]\nname = 'four'\nurl = 'http://h/four'\n"
                                        "[[gate.probe]]\nurl = 'http://h/nameless'\n");
    LoadedSpecs loaded = folder.load();
    INFO(folder.text(loaded));
    REQUIRE(loaded.specs.size() == 1);
    const Spec* spec = loaded.find("a");
    REQUIRE(spec->gate.probes.size() == 4);
    CHECK(url_of(spec, 0) == "http://h/new");
    CHECK(url_of(spec, 1) == "http://h/two");
    CHECK(url_of(spec, 2) == "http://h/four");
    CHECK(url_of(spec, 3) == "http://h/nameless");
    CHECK(spec->gate.probes[3].name == "probe-4");
}

TEST_CASE("a mistake in a drop-in shows the drop-in, and two files show both") {
    Folder folder;
    folder.write("lib/a.toml", "descripton = 'x'\n" + good);
    folder.write("etc/a.toml.d/x.toml", "\n[gate]\npasses = 'one'\n");
    folder.write("lib/b.toml", "[deploy\n" + good);
    LoadedSpecs loaded = folder.load();
    CHECK(loaded.specs.empty());
    CHECK(loaded.broken.size() == 2);
    CHECK(
        folder.text(loaded) ==
        "etc/a.toml.d/x.toml:3:10: error: 'passes' of [gate] must be an integer, not a string [wrong-type]\n"
        "    3 | passes = 'one'\n"
        "      |          ^~~~~\n"
        "  remedy: write it as passes = 1\n"
        "lib/a.toml:1:1: error: unknown key 'descripton' at the top of the file [unknown-key]\n"
        "    1 | descripton = 'x'\n"
        "      | ^~~~~~~~~~\n"
        "  remedy: did you mean 'description'?\n"
        "lib/b.toml:1:1: error: this header is not closed with ']' [syntax]\n"
        "    1 | [deploy\n"
        "      | ^~~~~~~\n"
        "  remedy: write it as [deploy]\n");
}

TEST_CASE("settings give the base domain; mistakes in them are reported") {
    Folder folder;
    folder.write("unitgate.toml", "base_domain = 'ci.example.net'\n");
    folder.write("lib/a.toml",
                 "app = 'traefik'\n" + replace_all(good, "url = 'http://h/one'", "path = '/x'"));
    LoadedSpecs loaded = folder.load();
    INFO(folder.text(loaded));
    REQUIRE(loaded.specs.size() == 1);
    CHECK(url_of(loaded.find("a")) == "https://traefik.ci.example.net/x");
    folder.write("unitgate.toml", "base_domian = 'ci.example.net'\n");
    loaded = folder.load();
    CHECK(loaded.specs.empty());
    CHECK(folder.text(loaded) ==
          "lib/a.toml:7:1: error: 'path' has no domain to be on [missing-key]\n"
          "    7 | path = '/x'\n"
          "      | ^~~~\n"
          "  remedy: add domain = \"HOST\", or mend unitgate.toml, which may set base_domain\n"
          "unitgate.toml:1:1: error: unknown key 'base_domian' at the top of the file [unknown-key]\n"
          "    1 | base_domian = 'ci.example.net'\n"
          "      | ^~~~~~~~~~~\n"
          "  remedy: did you mean 'base_domain'?\n");
}

TEST_CASE("a file whose name is no NAME is reported and makes no spec") {
    Folder folder;
    folder.write("lib/Proxy.toml", good);
    folder.write("lib/-x.toml", good);
    folder.write("lib/" + std::string(64, 'a') + ".toml", good);
    folder.write("lib/" + std::string(63, 'a') + ".toml", good);
    folder.write("lib/.hidden.toml", good);
    folder.mask("lib/Masked.toml");
    LoadedSpecs loaded = folder.load();
    CHECK(loaded.specs.size() == 1);
    CHECK(loaded.broken.empty());
    REQUIRE(loaded.diagnostics.size() == 3);
    for (const auto& each : loaded.diagnostics)
        CHECK(each.code == "bad-name");
    CHECK(load_spec(folder.where, "../a").diagnostics.at(0).code == "bad-name");
}

TEST_CASE("of two specs with one unit name the later by name is an error") {
    Folder folder;
    folder.write("lib/a.toml", "unit = { name = 'deploy-b.service' }\n" + good);
    folder.write("etc/b.toml", good);
    folder.write("etc/c.toml", "unit = { name = 'deploy-b.service' }\n" + good);
    LoadedSpecs loaded = folder.load();
    REQUIRE(loaded.specs.size() == 1);
    CHECK(loaded.specs[0].name == "a");
    REQUIRE(loaded.broken.size() == 2);
    CHECK(loaded.broken[0].unit_name == "");
    CHECK(loaded.broken[1].unit_name == "deploy-c.service");
    CHECK(folder.text(loaded) == "etc/b.toml: error: unit 'deploy-b.service' is made from spec 'a' already "
                                 "('lib/a.toml') [duplicate-unit]\n"
                                 "  remedy: give one of the two specs another name in [unit]\n"
                                 "etc/c.toml:1:17: error: unit 'deploy-b.service' is made from spec 'a' "
                                 "already ('lib/a.toml') [duplicate-unit]\n"
                                 "    1 | unit = { name = 'deploy-b.service' }\n"
                                 "      |                 ^~~~~~~~~~~~~~~~~~\n"
                                 "  remedy: give one of the two specs another name in [unit]\n");
    CHECK(load_spec(folder.where, "a").specs.size() == 1);
    CHECK(load_spec(folder.where, "b").specs.empty());
    CHECK(load_spec(folder.where, "c").broken.size() == 1);
}

TEST_CASE("a bad spec tells its unit name and app as far as they could be read") {
    Folder folder;
    folder.write("lib/a.toml", "app = 'traefik'\nunit = { name = 'warm-a.service' }\n" + good + "[gate\n");
    folder.write("lib/b.toml", "= \n");
    LoadedSpecs loaded = folder.load();
    REQUIRE(loaded.broken.size() == 2);
    CHECK(loaded.broken[0].unit_name == "warm-a.service");
    CHECK(loaded.broken[0].app == "traefik");
    CHECK(loaded.broken[1].unit_name == "deploy-b.service");
    CHECK(loaded.broken[1].path == folder.root + "/lib/b.toml");
}

TEST_CASE("what is no readable plain file is an error and never blocks") {
    Folder folder;
    fs::create_directory(folder.root + "/lib/a.toml");
    REQUIRE(mkfifo((folder.root + "/lib/b.toml").c_str(), 0600) == 0);
    fs::create_symlink("nowhere", folder.root + "/lib/c.toml");
    fs::create_symlink("/dev/zero", folder.root + "/lib/d.toml");
    folder.write("lib/e.toml", std::string(300'000, '#'));
    LoadedSpecs loaded = folder.load();
    CHECK(loaded.specs.empty());
    CHECK(loaded.broken.size() == 5);
    CHECK(folder.text(loaded) ==
          "lib/a.toml: error: this is no plain file [unreadable]\n"
          "lib/b.toml: error: this is no plain file [unreadable]\n"
          "lib/c.toml: error: cannot open the file: No such file or directory [unreadable]\n"
          "lib/d.toml: error: this is no plain file [unreadable]\n"
          "lib/e.toml: error: the file is larger than 256 KiB [too-large]\n");
}

TEST_CASE("a name that is nowhere and a folder that is missing are told") {
    Folder folder;
    folder.write("lib/proxy.toml", good);
    folder.where.folders.push_back(folder.root + "/missing");
    CHECK(folder.load().diagnostics.at(0).code == "no-folder");
    LoadedSpecs loaded = load_spec(folder.where, "prxy");
    CHECK(loaded.broken.empty());
    CHECK(loaded.diagnostics.at(0).remedy == "did you mean 'proxy'?");
    SpecPath usual;
    usual.folders = {"/run/unitgate/specs"};
    CHECK_FALSE(load_spec(usual, "no-such-spec").diagnostics.empty());
}

TEST_CASE("who gives a NAME that no spec has is told the one that was meant, also behind a unit or a file") {
    auto remedy = [](std::string_view name, const std::vector<std::string>& names) {
        return remedy_for_name(name, names, {"/etc/specs"});
    };
    for (auto name : {"poxy", "proxy.toml", "deploy-proxy", "deploy-proxy.service", "/etc/specs/proxy.toml",
                      "prox", "proxy.service"}) {
        INFO(name);
        CHECK(remedy(name, {"bridge", "proxy"}) == "did you mean 'proxy'?");
    }
    CHECK(remedy("nosuch", {"bridge", "proxy"}) ==
          "there are 'bridge', 'proxy'; or write '/etc/specs/nosuch.toml'");
    CHECK(remedy("No such", {"bridge"}) == "there is 'bridge'"); // no file of that name would be a spec
    CHECK(remedy("nosuch", {}) == "write '/etc/specs/nosuch.toml'");
    CHECK(remedy("nosuch", {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) ==
          "there are 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more; or write '/etc/specs/nosuch.toml'");
    Folder folder;
    folder.write("etc/proxy.toml", good);
    LoadedSpecs loaded = load_spec(folder.where, "deploy-proxy.service");
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics[0].remedy == "did you mean 'proxy'?");
}

// Run by itself ("unit-root"), so that without root it is counted as skipped.
TEST_CASE("as root, a spec that others may write is refused, once for a folder that many share",
          "[.][root]") {
    if (geteuid() != 0) {
        std::puts("skipped: needs root, as whom alone files are checked");
        std::exit(77); // meson's code for it
    }
    Folder folder;
    folder.where.check_trust = true;
    folder.write("lib/a.toml", good);
    folder.write("lib/b.toml", good);
    folder.write("etc/a.toml.d/x.toml", "description = 'x'\n");
    LoadedSpecs loaded = folder.load();
    INFO(folder.text(loaded));
    REQUIRE(loaded.specs.size() == 2);
    fs::permissions(folder.root + "/etc/a.toml.d/x.toml", fs::perms(0666));
    loaded = folder.load();
    CHECK(loaded.specs.size() == 1);
    REQUIRE(loaded.broken.size() == 1);
    CHECK(loaded.broken[0].name == "a");
    CHECK(folder.text(loaded) ==
          "etc/a.toml.d/x.toml: error: file 'etc/a.toml.d/x.toml' may be written by everyone, and root "
          "would run what it says [untrusted]\n"
          "  remedy: chmod go-w etc/a.toml.d/x.toml\n");
    fs::permissions(folder.root + "/lib", fs::perms(0777));
    loaded = folder.load();
    CHECK(loaded.specs.empty());
    CHECK(loaded.broken.size() == 2);
    CHECK(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics[0].path == folder.root + "/lib");
    REQUIRE(chown((folder.root + "/lib").c_str(), 1000, 0) == 0);
    CHECK(load_spec(folder.where, "b").diagnostics.at(0).remedy == "chown root " + folder.root + "/lib");
}

TEST_CASE("as root, a mask that others may have put there is an error", "[.][root]") {
    Folder folder;
    folder.where.check_trust = true;
    folder.write("lib/a.toml", good);
    folder.write("lib/b.toml", good);
    folder.write("lib/b.toml.d/x.toml", "description = 'x'\n");
    folder.mask("etc/a.toml");
    folder.mask("etc/b.toml.d/x.toml");
    folder.mask("unitgate.toml");
    CHECK(folder.text(folder.load()).empty());
    CHECK(folder.load().specs.size() == 1);
    fs::permissions(folder.root + "/etc", fs::perms(0777));
    LoadedSpecs loaded = folder.load();
    CHECK(folder.text(loaded) ==
          "etc: error: folder 'etc' may be written by everyone, and root would run what it "
          "says [untrusted]\n  remedy: chmod go-w etc\n");
    CHECK(loaded.specs.empty());
    CHECK(loaded.broken.size() == 1);
    CHECK(load_spec(folder.where, "a").diagnostics.at(0).code == "untrusted");
    fs::permissions(folder.root + "/etc", fs::perms(01777));
    CHECK(folder.text(folder.load()).empty());
    for (std::string mask : {"etc/a.toml", "etc/b.toml.d/x.toml", "unitgate.toml"}) {
        REQUIRE(lchown((folder.root + "/" + mask).c_str(), 1000, 0) == 0);
        loaded = folder.load();
        REQUIRE(loaded.diagnostics.size() == 1);
        CHECK(loaded.diagnostics[0].remedy == "chown -h root " + folder.root + "/" + mask);
        REQUIRE(lchown((folder.root + "/" + mask).c_str(), 0, 0) == 0);
    }
}

TEST_CASE("as root, a file that lies too deep to be walked to is judged when it is open", "[.][root]") {
    Folder folder;
    folder.where.check_trust = true;
    // A link in the middle, so that the kernel gets there by paths that are short enough.
    fs::path half;
    for (int i = 0; i < 10; ++i)
        half /= std::string(220, 'd');
    fs::create_directories(fs::path(folder.root) / half);
    fs::current_path(fs::path(folder.root) / half);
    fs::create_directories(half);
    fs::current_path(half);
    std::ofstream("a.toml") << good;
    fs::permissions("a.toml", fs::perms(0666));
    fs::current_path("/");
    fs::create_symlink(half, folder.root + "/one");
    fs::create_symlink(half, fs::path(folder.root) / half / "two");
    fs::create_symlink("../one/two/a.toml", folder.root + "/etc/a.toml");
    LoadedSpecs loaded = folder.load();
    CHECK(loaded.specs.empty());
    CHECK(folder.text(loaded).find("others than root own the file or may write it") != std::string::npos);
}

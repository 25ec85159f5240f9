// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <map>

#include <sys/stat.h>

#include "spec/trust.hpp"

using namespace unitgate;

namespace {

// A file system as a table.
struct Tree {
    std::map<std::string, FileFacts> entries{{"/", {S_IFDIR | 0755, 0, {}}}};
    int asked = 0;

    Tree& folder(std::string path, mode_t mode = 0755, uid_t owner = 0) {
        entries[path] = {S_IFDIR | mode, owner, {}};
        return *this;
    }
    Tree& file(std::string path, mode_t mode = 0644, uid_t owner = 0) {
        entries[path] = {S_IFREG | mode, owner, {}};
        return *this;
    }
    Tree& link(std::string path, std::string to, uid_t owner = 0) {
        entries[path] = {S_IFLNK | 0777, owner, to};
        return *this;
    }
    AskFile ask() {
        return [this](const std::string& path) -> std::optional<FileFacts> {
            ++asked;
            auto found = entries.find(path);
            if (found == entries.end()) return std::nullopt;
            return found->second;
        };
    }
    std::optional<TrustFault> check(const std::string& path) { return TrustCheck(ask()).check(path); }
};

} // namespace

TEST_CASE("a spec that root alone can change is trusted") {
    Tree tree;
    tree.folder("/etc").folder("/etc/unitgate").file("/etc/unitgate/a.toml", 0600);
    CHECK_FALSE(tree.check("/etc/unitgate/a.toml"));
    CHECK_FALSE(tree.check("/etc//unitgate/./a.toml"));
    CHECK_FALSE(tree.check("/etc/unitgate/../unitgate/a.toml"));
    CHECK_FALSE(tree.check("/etc/missing/a.toml"));
}

TEST_CASE("a file or folder that others may write is refused with the command that mends it") {
    Tree tree;
    tree.folder("/etc").folder("/etc/unitgate", 0775).file("/etc/unitgate/a.toml");
    auto fault = tree.check("/etc/unitgate/a.toml");
    REQUIRE(fault);
    CHECK(fault->component == "/etc/unitgate");
    CHECK(fault->cause ==
          "folder '/etc/unitgate' may be written by its group, and root would run what it says");
    CHECK(fault->remedy == "chmod go-w /etc/unitgate");
    tree.folder("/etc/unitgate").file("/etc/unitgate/a.toml", 0646);
    CHECK(tree.check("/etc/unitgate/a.toml")->cause ==
          "file '/etc/unitgate/a.toml' may be written by everyone, and root would run what it says");
    tree.file("/etc/unitgate/a.toml", 0644, 1000);
    CHECK(tree.check("/etc/unitgate/a.toml")->remedy == "chown root /etc/unitgate/a.toml");
    tree.folder("/", 0777);
    CHECK(tree.check("/etc/unitgate/a.toml")->component == "/");
    tree.folder("/").folder("/my specs", 0777).file("/my specs/a.toml");
    CHECK(tree.check("/my specs/a.toml")->remedy == "chmod go-w '/my specs'");
}

TEST_CASE("a folder with the sticky bit is no fault where the entry below it is root's") {
    Tree tree;
    tree.folder("/tmp", 01777).folder("/tmp/specs").file("/tmp/specs/a.toml");
    CHECK_FALSE(tree.check("/tmp/specs/a.toml"));
    tree.folder("/tmp/specs", 0755, 1000);
    CHECK(tree.check("/tmp/specs/a.toml")->component == "/tmp/specs");
    tree.file("/tmp/b.toml", 0644, 1000);
    CHECK(tree.check("/tmp/b.toml")->component == "/tmp/b.toml");
    tree.folder("/tmp", 01777, 1000).folder("/tmp/specs");
    CHECK(tree.check("/tmp/specs/a.toml")->component == "/tmp");
    tree.folder("/tmp", 01777).file("/tmp/sticky.toml", 01666);
    CHECK(tree.check("/tmp/sticky.toml"));
}

TEST_CASE("a link is followed component by component, its own folder and its target's count") {
    Tree tree;
    tree.folder("/etc").folder("/srv").folder("/srv/repo", 0777).file("/srv/repo/a.toml");
    tree.link("/etc/a.toml", "/srv/repo/a.toml");
    CHECK(tree.check("/etc/a.toml")->component == "/srv/repo");
    tree.folder("/srv/repo");
    CHECK_FALSE(tree.check("/etc/a.toml"));
    tree.link("/etc/specs", "../srv/repo");
    CHECK_FALSE(tree.check("/etc/specs/a.toml"));
    tree.link("/etc/specs", "../srv/repo", 1000);
    CHECK(tree.check("/etc/specs/a.toml")->remedy == "chown -h root /etc/specs");
    // A link that others may replace is a fault even where its target is safe.
    tree.folder("/open", 0777).link("/open/a.toml", "/srv/repo/a.toml");
    CHECK(tree.check("/open/a.toml")->component == "/open");
}

TEST_CASE("links in a circle are refused and not followed for ever") {
    Tree tree;
    tree.link("/a", "/b").link("/b", "/a").link("/c", "c/d");
    CHECK(tree.check("/a"));
    CHECK(tree.check("/a/x"));
    CHECK(tree.check("/c/x"));
}

TEST_CASE("a thousand specs in one folder cost one question each") {
    Tree tree;
    tree.folder("/etc").folder("/etc/unitgate").folder("/etc/unitgate/specs");
    TrustCheck check(tree.ask());
    for (int i = 0; i < 1000; ++i) {
        std::string path = "/etc/unitgate/specs/s" + std::to_string(i) + ".toml";
        tree.file(path);
        CHECK_FALSE(check.check(path));
    }
    CHECK(tree.asked == 1004);
}

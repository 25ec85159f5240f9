// SPDX-License-Identifier: MIT
// Unit files as they lie on disk, read as systemd would load them (systemd.unit(5)): search path, masks,
// aliases, templates, drop-ins, .wants and .requires folders. For looking at a host or an image without its
// manager. Reads only; keeps no file open.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.hpp"
#include "systemd/unit_settings.hpp"

namespace unitgate {

// Where systemd lets unitgate's generator write (systemd.generator(7): the late folder).
inline constexpr std::string_view generator_folder = "/run/systemd/generator.late/";

struct UnitFile {
    std::string name; // after following an alias
    std::string path; // of the main file; empty: the unit is only pulled in or has drop-ins alone
    std::vector<std::string> drop_ins; // their paths, in the order in which they are read
    bool masked = false;
    bool made_by_unitgate = false; // the main file begins with unit_file_mark
    std::string text;              // of a main file that unitgate made
    UnitSettings settings;

    std::vector<UnitSetting> all(UnitKey key) const; // empty where it is not set
    std::string_view last(UnitKey key) const;        // of the assignments, the one in force
};

class UnitFiles {
  public:
    // `root`: "" for this host, else the folder of an image (links in it are followed inside it).
    explicit UnitFiles(std::string root);

    // The units with a file of their own that are of that type: ".mount". In no order.
    std::vector<std::string> names(std::string_view type) const;
    // Those with a .wants or .requires folder.
    std::vector<std::string> that_pull_in() const;
    // Each further name of a unit, given by a link, and the unit's own name.
    const std::map<std::string, std::string, std::less<>>& aliases() const { return aliases_; }
    // nullopt: there is no file, link or drop-in for such a unit. `main_file` false: it is there all the
    // same, and its drop-ins and links alone are read.
    std::optional<UnitFile> load(std::string_view name, bool main_file = true) const;
    bool has_file(std::string_view name) const { return files_.contains(name); }
    // Of the file that load() would read; empty: none.
    std::string path_of(std::string_view name) const;
    const std::string& root() const { return root_; }
    bool is_in_generator_folder(const std::string& path) const;
    // What the manager uses for a service that says nothing: DefaultTimeoutStartSec=
    // (systemd-system.conf(5)), as written; empty where nobody sets it.
    std::string default_start_timeout() const;

  private:
    struct Found {
        std::size_t folder;  // of the first file with that name: an index of folders_
        std::string alias;   // the name of the unit that it is a link to; empty: none
        bool masked = false; // by a link to /dev/null; an empty file shows when it is read
    };
    struct Beside {         // a unit's "x.service.d", "x.target.wants" or "x.target.requires"
        std::size_t folder; // that it lies in: an index of folders_
        std::string entry;
    };
    // "x.service" -> its folders, most important first
    using Folders = std::map<std::string, std::vector<Beside>, std::less<>>;
    struct Longer {
        bool operator()(const std::string& a, const std::string& b) const {
            return a.size() != b.size() ? a.size() > b.size() : a < b;
        }
    };
    std::string path_of(const Beside& folder) const;
    void read_folder(const std::string& folder);
    void follow_aliases();
    std::string root_;
    std::vector<std::string> folders_; // the search path, each with the root in front
    std::unordered_map<std::string, Found, TextHash, std::equal_to<>> files_{512}; // a usual host has 300
    std::map<std::string, std::string, std::less<>> aliases_;
    // Read when their unit is: a boot comes to less than half of them.
    Folders drop_ins_, pulls_;
    std::set<std::string, Longer> prefixes_; // of drop_ins_: "deploy-.service"
};

} // namespace unitgate

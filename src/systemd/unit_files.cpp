// SPDX-License-Identifier: MIT
#include "systemd/unit_files.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"
#include "systemd/escape.hpp"
#include "systemd/unit_file.hpp"

namespace unitgate {

namespace {

// The system manager's search path, most important first (systemd.unit(5), "Unit File Load Path").
constexpr std::string_view load_path[] = {
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/lib/systemd/system",
    "/run/systemd/generator.late",
};

// Calls `take(name, may_be_link)` for each entry, in the folder's own order; the kernel may not tell what is
// a link.
template <class Take>
void for_each_entry(const std::string& folder, Take take) {
    Folder entries(folder);
    while (const dirent* entry = entries.next())
        if (entry->d_name[0] != '.')
            take(std::string_view(entry->d_name), entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

std::vector<std::string> sorted_entries(const std::string& folder) {
    std::vector<std::string> names;
    for_each_entry(folder, [&](std::string_view name, bool) { names.emplace_back(name); });
    std::sort(names.begin(), names.end());
    return names;
}

std::string link_target(const std::string& path) {
    char buffer[4096];
    ssize_t length = ::readlink(path.c_str(), buffer, sizeof buffer);
    return length < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(length));
}

std::string base_name(std::string_view path) {
    return std::string(path.substr(path.find_last_of('/') + 1));
}

// "getty@tty1.service" -> "getty@.service"; empty for what is no instance.
std::string template_of(std::string_view name) {
    auto at = name.find('@'), dot = name.rfind('.');
    if (at == std::string_view::npos || dot == std::string_view::npos || at + 1 >= dot) return {};
    return std::string(name.substr(0, at + 1)) + std::string(name.substr(dot));
}

// nullopt: it cannot be read. `path` has `root` in front.
std::optional<std::string> read_settings(const std::string& root, const std::string& path, UnitFile& into) {
    constexpr std::size_t most = std::size_t{1} << 20;
    auto text = root.empty() ? read_file(path, most) : read_file_in(root, path.substr(root.size()), most);
    if (!text) return {};
    add_settings(*text, path, into.name, into.settings);
    return std::move(*text);
}

bool is_empty_file(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && info.st_size == 0 && S_ISREG(info.st_mode);
}

} // namespace

std::vector<UnitSetting> UnitFile::all(UnitKey key) const {
    std::vector<UnitSetting> found;
    for (const UnitSetting& setting : settings)
        if (setting.key == key) found.push_back(setting);
    return found;
}

std::string_view UnitFile::last(UnitKey key) const {
    std::string_view value;
    for (const UnitSetting& setting : settings)
        if (setting.key == key) value = setting.value;
    return value;
}

UnitFiles::UnitFiles(std::string root) : root_(std::move(root)) {
    for (auto folder : load_path) {
        // On a host with merged /usr the two are one; reading it twice would change nothing but time.
        if (folder == "/lib/systemd/system" && !link_target(root_ + "/lib").empty()) continue;
        read_folder(root_ + std::string(folder));
    }
    follow_aliases();
}

void UnitFiles::read_folder(const std::string& folder) {
    folders_.push_back(folder);
    const std::size_t index = folders_.size() - 1;
    for_each_entry(folder, [&](std::string_view entry, bool may_be_link) {
        const std::string_view stem = entry.substr(0, entry.rfind('.'));
        if (entry.ends_with(".wants") || entry.ends_with(".requires")) {
            pulls_[std::string(stem)].push_back({index, std::string(entry)});
        } else if (entry.ends_with(".d")) {
            if (stem.find("-.") != std::string_view::npos) prefixes_.emplace(stem);
            drop_ins_[std::string(stem)].push_back({index, std::string(entry)});
        } else if (is_unit_name(entry)) {
            auto [known, is_new] = files_.try_emplace(std::string(entry), Found{index, {}, false});
            if (!is_new || !may_be_link) return;
            const std::string target = link_target(folder + '/' + std::string(entry));
            if (target == "/dev/null")
                known->second.masked = true;
            else if (std::string to = base_name(target); to != entry && is_unit_name(to))
                known->second.alias = std::move(to);
        }
    });
}

// What is said of one of a unit's names is said of the unit: default.target.wants belongs to
// graphical.target.
void UnitFiles::follow_aliases() {
    for (const auto& [name, found] : files_) {
        const std::string* real = &name;
        const Found* at = &found;
        // Few links on the way: an alias of an alias is odd, a circle of them must end. And one to a template
        // is an instance that is enabled: it has no other name.
        for (int hops = 0; hops < 8 && at && !at->alias.empty(); ++hops) {
            if (at->alias.find("@.") != std::string::npos) break;
            real = &at->alias;
            auto next = files_.find(*real);
            at = next == files_.end() ? nullptr : &next->second;
        }
        if (*real != name) aliases_.emplace(name, *real);
    }
    for (const auto& [name, real] : aliases_) {
        for (auto* folders : {&drop_ins_, &pulls_})
            if (auto said = folders->find(name); said != folders->end()) {
                auto& all = (*folders)[real];
                all.insert(all.end(), said->second.begin(), said->second.end());
            }
    }
}

std::vector<std::string> UnitFiles::names(std::string_view type) const {
    std::vector<std::string> all;
    for (const auto& [name, found] : files_)
        if (name.ends_with(type)) all.push_back(name);
    return all;
}

std::vector<std::string> UnitFiles::that_pull_in() const {
    std::vector<std::string> all;
    for (const auto& [name, pulled] : pulls_)
        all.push_back(name);
    return all;
}

std::optional<UnitFile> UnitFiles::load(std::string_view wanted, bool main_file) const {
    UnitFile unit;
    unit.name = wanted;
    unit.settings.reserve(16); // most have fewer
    if (auto real = aliases_.find(wanted); real != aliases_.end()) unit.name = real->second;
    auto found = files_.find(unit.name);
    if (found == files_.end()) found = files_.find(template_of(unit.name));
    bool known = found != files_.end();
    if (known) {
        unit.path = folders_[found->second.folder] + '/' + found->first;
        unit.masked = found->second.masked;
        if (!unit.masked && main_file) {
            auto text = read_settings(root_, unit.path, unit);
            unit.masked = text && text->empty();
            unit.made_by_unitgate = text && text->starts_with(unit_file_mark);
            if (unit.made_by_unitgate) unit.text = std::move(*text);
        } else if (!unit.masked) {
            unit.masked = is_empty_file(unit.path);
        }
        if (unit.masked) return unit;
    }
    std::map<std::string, std::string> drop_ins;
    // The most specific folder first: "a-b@c.service.d", "a-b@.service.d", "a-.service.d", "service.d".
    auto take = [&](std::string_view name) {
        auto at = drop_ins_.find(name);
        if (at == drop_ins_.end()) return false;
        for (const Beside& folder : at->second)
            for (const auto& file : sorted_entries(path_of(folder)))
                if (file.ends_with(".conf")) drop_ins.try_emplace(file, path_of(folder) + '/' + file);
        return true;
    };
    known = take(unit.name) || known;
    if (std::string from = template_of(unit.name); !from.empty()) take(from);
    std::string_view stem = std::string_view(unit.name).substr(0, unit.name.rfind('.'));
    std::string_view type = std::string_view(unit.name).substr(stem.size());
    for (const auto& prefix : prefixes_)
        if (prefix.ends_with(type) &&
            stem.substr(0, stem.find('@'))
                .starts_with(std::string_view(prefix).substr(0, prefix.size() - type.size())))
            take(prefix);
    if (!type.empty()) take(type.substr(1));
    for (const auto& [name, path] : drop_ins) {
        read_settings(root_, path, unit);
        unit.drop_ins.push_back(path);
    }
    if (auto pulled = pulls_.find(unit.name); pulled != pulls_.end()) {
        known = true;
        for (const Beside& folder : pulled->second) {
            const UnitKey key = folder.entry.ends_with(".wants") ? UnitKey::wants : UnitKey::requires_;
            for (auto& other : sorted_entries(path_of(folder))) {
                SharedText link = path_of(folder) + '/' + other;
                unit.settings.push_back({key, std::move(other), std::move(link), 0});
            }
        }
    }
    if (!known && main_file) return std::nullopt;
    return unit;
}

std::string UnitFiles::path_of(const Beside& folder) const {
    return folders_[folder.folder] + '/' + folder.entry;
}

std::string UnitFiles::path_of(std::string_view name) const {
    auto found = files_.find(name);
    return found == files_.end() ? std::string() : folders_[found->second.folder] + '/' + found->first;
}

bool UnitFiles::is_in_generator_folder(const std::string& path) const {
    return path.starts_with(root_) &&
           std::string_view(path).substr(root_.size()).starts_with(generator_folder);
}

std::string UnitFiles::default_start_timeout() const {
    static constexpr std::string_view folders[] = {"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd",
                                                   "/usr/lib/systemd"};
    UnitFile conf;
    std::map<std::string, std::string> drop_ins;
    bool has_main = false;
    for (auto folder : folders) {
        std::string path = root_ + std::string(folder) + "/system.conf";
        if (struct stat info{}; !has_main && ::stat(path.c_str(), &info) == 0) {
            has_main = true;
            read_settings(root_, path, conf);
        }
        for (const auto& file : sorted_entries(path + ".d"))
            if (file.ends_with(".conf")) drop_ins.try_emplace(file, path + ".d/" + file);
    }
    for (const auto& [name, path] : drop_ins)
        read_settings(root_, path, conf);
    return std::string(conf.last(UnitKey::start_timeout));
}

} // namespace unitgate

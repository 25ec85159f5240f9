// SPDX-License-Identifier: MIT
#include "systemd/unit_files.hpp"

#include <algorithm>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "systemd/escape.hpp"
#include "systemd/unit_file.hpp"

namespace unitgate {

namespace {

// The system manager's search path, most important first (systemd.unit(5), "Unit File Load Path").
constexpr std::string_view load_path[] = {
    "/etc/systemd/system.control",  "/run/systemd/system.control",   "/run/systemd/transient",
    "/run/systemd/generator.early", "/etc/systemd/system",           "/run/systemd/system",
    "/run/systemd/generator",       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system",          "/run/systemd/generator.late",
};

struct Entry {
    std::string name;
    bool may_be_link; // the kernel says so, or does not tell
};

std::vector<Entry> entries(const std::string& folder) {
    std::vector<Entry> found;
    std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
    while (dir)
        if (const dirent* entry = ::readdir(dir.get())) {
            if (entry->d_name[0] != '.')
                found.push_back({entry->d_name, entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN});
        } else {
            break;
        }
    std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return found;
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

// The specifiers that stand in names of units; others are left as they are.
std::string with_specifiers(std::string_view text, std::string_view name) {
    if (text.find('%') == std::string_view::npos) return std::string(text);
    auto dot = name.rfind('.');
    std::string_view stem = name.substr(0, dot), prefix = stem.substr(0, stem.find('@'));
    std::string_view instance =
        prefix.size() < stem.size() ? stem.substr(prefix.size() + 1) : std::string_view();
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (text[++i]) {
        case '%':
            out += '%';
            break;
        case 'n':
            out += name;
            break;
        case 'N':
            out += stem;
            break;
        case 'p':
            out += prefix;
            break;
        case 'i':
            out += instance;
            break;
        case 'j':
            out += prefix.substr(prefix.rfind('-') + 1);
            break;
        default:
            out += {'%', text[i]};
        }
    }
    return out;
}

// The settings that this program asks for: others, most of a unit file, are not kept. Lists of units are
// split and add up; an empty assignment clears them, as it does for every other key.
struct Known {
    std::string_view name;
    bool list = false;
};
constexpr Known known_settings[] = {
    {"Unit.After", true},
    {"Unit.Before", true},
    {"Unit.Wants", true},
    {"Unit.Requires", true},
    {"Unit.BindsTo", true},
    {"Unit.PartOf", true},
    {"Unit.Requisite", true},
    {"Unit.Upholds", true},
    {"Unit.RequiresMountsFor", true},
    {"Unit.DefaultDependencies"},
    {"Service.Slice"},
    {"Service.Sockets", true},
    {"Service.TimeoutStartSec"},
    {"Service.Type"},
    {"Service.WorkingDirectory"},
    {"Socket.Accept"},
    {"Socket.Service"},
    {"Socket.Slice"},
    {"Timer.Unit"},
    {"Path.Unit"},
    {"Mount.Options"},
    {"Mount.Slice"},
    {"Mount.Type"},
    {"Mount.Where"},
    {"Manager.DefaultTimeoutStartSec"},
};

const Known* known_setting(std::string_view section, std::string_view key) {
    if (section == "Service" && key == "TimeoutSec") key = "TimeoutStartSec"; // it sets this one and another
    for (const Known& one : known_settings)
        if (one.name.size() == section.size() + 1 + key.size() && one.name.ends_with(key) &&
            one.name.starts_with(section) && one.name[section.size()] == '.')
            return &one;
    return nullptr;
}

// False where the file is empty.
bool read_settings(const std::string& path, std::string_view name, UnitFile& into) {
    auto text = read_file(path, std::size_t{1} << 20);
    if (!text) return true;
    std::string section, pending;
    unsigned number = 0, first = 0;
    for (std::string_view left = *text; !left.empty();) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        ++number;
        std::string_view bare = trim(line);
        if (bare.starts_with('#') || bare.starts_with(';')) continue; // also between continued lines
        if (pending.empty()) first = number;
        if (bare.ends_with('\\')) {
            pending += std::string(bare.substr(0, bare.size() - 1)) + " ";
            continue;
        }
        const std::string whole =
            pending.empty() ? std::string() : std::exchange(pending, {}) + std::string(bare);
        const std::string_view rest = whole.empty() ? bare : trim(whole);
        if (rest.starts_with('[') && rest.ends_with(']')) {
            section = rest.substr(1, rest.size() - 2);
            continue;
        }
        auto equals = rest.find('=');
        if (equals == std::string_view::npos) continue;
        const Known* known = known_setting(section, trim(rest.substr(0, equals)));
        if (!known) continue;
        std::string value = with_specifiers(trim(rest.substr(equals + 1)), name);
        auto& all = into.settings[std::string(known->name)];
        if (value.empty()) {
            all.clear();
        } else if (!known->list) {
            all.push_back({value, path, first});
        } else {
            for (auto word : split(value, ' '))
                if (auto unit = trim(word); !unit.empty()) all.push_back({std::string(unit), path, first});
        }
    }
    if (path != into.path || !text->starts_with(unit_file_mark)) return !text->empty();
    into.made_by_unitgate = true;
    into.text = std::move(*text);
    return true;
}

bool is_empty_file(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && info.st_size == 0 && S_ISREG(info.st_mode);
}

} // namespace

const std::vector<UnitSetting>& UnitFile::all(std::string_view key) const {
    static const std::vector<UnitSetting> none;
    auto at = settings.find(key);
    return at == settings.end() ? none : at->second;
}

std::string_view UnitFile::last(std::string_view key) const {
    const auto& values = all(key);
    return values.empty() ? std::string_view() : std::string_view(values.back().value);
}

UnitFiles::UnitFiles(std::string root) : root_(std::move(root)) {
    for (auto folder : load_path) {
        // On a host with merged /usr the two are one; reading it twice would change nothing but time.
        if (folder == "/lib/systemd/system" && !link_target(root_ + "/lib").empty()) continue;
        read_folder(root_ + std::string(folder));
    }
}

void UnitFiles::read_folder(const std::string& folder) {
    for (const auto& [entry, may_be_link] : entries(folder)) {
        std::string path = folder + "/" + entry;
        if (entry.ends_with(".d")) {
            std::string name = entry.substr(0, entry.size() - 2);
            if (name.find("-.") != std::string::npos) prefixes_.insert(name);
            auto& known = drop_ins_[name];
            for (const auto& file : entries(path))
                if (file.name.ends_with(".conf")) known.try_emplace(file.name, path + "/" + file.name);
            continue;
        }
        bool wants = entry.ends_with(".wants"), requires_ = entry.ends_with(".requires");
        if (wants || requires_) {
            auto& known = pulls_[entry.substr(0, entry.rfind('.'))];
            for (const auto& unit : entries(path))
                known.push_back(
                    {wants ? "Unit.Wants" : "Unit.Requires", {unit.name, path + "/" + unit.name, 0}});
            continue;
        }
        if (!is_unit_name(entry)) continue;
        Found found{path, {}, false};
        std::string target = may_be_link ? link_target(path) : std::string();
        if (target == "/dev/null")
            found.masked = true;
        else if (std::string to = base_name(target); !target.empty() && to != entry && is_unit_name(to))
            found.alias = to;
        files_.try_emplace(entry, std::move(found));
    }
}

std::vector<std::string> UnitFiles::names() const {
    std::vector<std::string> all;
    auto add = [&](const std::string& name) {
        if (name.find("@.") == std::string::npos) all.push_back(name);
    };
    for (const auto& [name, found] : files_)
        add(name);
    for (const auto& [name, pulled] : pulls_) {
        add(name);
        for (const auto& [key, setting] : pulled)
            add(setting.value);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::optional<UnitFile> UnitFiles::load(std::string_view wanted, bool main_file) const {
    UnitFile unit;
    unit.name = wanted;
    auto found = files_.find(unit.name);
    // Few links on the way: an alias of an alias is odd, a circle of them must end.
    for (int hops = 0; hops < 8 && found != files_.end() && !found->second.alias.empty(); ++hops) {
        std::string to = found->second.alias;
        if (to.find("@.") != std::string::npos)
            break; // an enabled instance: the link only names its template
        unit.name = to;
        found = files_.find(unit.name);
    }
    if (found == files_.end()) found = files_.find(template_of(unit.name));
    bool known = found != files_.end();
    if (known) {
        unit.path = found->second.path;
        unit.masked = found->second.masked;
        // Whether it is empty, which masks it too, tells the reading, at no cost.
        if (!unit.masked)
            unit.masked = main_file ? !read_settings(unit.path, unit.name, unit) : is_empty_file(unit.path);
        if (unit.masked) return unit;
    }
    std::map<std::string, std::string> drop_ins;
    // The most specific folder first: "a-b@c.service.d", "a-b@.service.d", "a-.service.d", "service.d".
    auto take = [&](std::string_view name) {
        auto at = drop_ins_.find(name);
        if (at == drop_ins_.end()) return false;
        drop_ins.insert(at->second.begin(), at->second.end());
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
        read_settings(path, unit.name, unit);
        unit.drop_ins.push_back(path);
    }
    auto pull_in = [&](std::string_view name) {
        auto at = pulls_.find(name);
        if (at == pulls_.end()) return;
        known = true;
        for (const auto& [key, setting] : at->second)
            unit.settings[key].push_back(setting);
    };
    pull_in(unit.name);
    if (wanted != unit.name) pull_in(wanted); // default.target.wants belongs to what it is an alias of
    if (!known) return std::nullopt;
    return unit;
}

std::string UnitFiles::path_of(std::string_view name) const {
    auto found = files_.find(name);
    return found == files_.end() ? std::string() : found->second.path;
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
            read_settings(path, {}, conf);
        }
        for (const auto& file : entries(path + ".d"))
            if (file.name.ends_with(".conf")) drop_ins.try_emplace(file.name, path + ".d/" + file.name);
    }
    for (const auto& [name, path] : drop_ins)
        read_settings(path, {}, conf);
    return std::string(conf.last("Manager.DefaultTimeoutStartSec"));
}

} // namespace unitgate

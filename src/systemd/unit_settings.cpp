// SPDX-License-Identifier: MIT
#include "systemd/unit_settings.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace unitgate {

namespace {

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

} // namespace

void add_settings(std::string_view text, const SharedText& path, std::string_view name, UnitSettings& into) {
    std::string section, pending;
    unsigned number = 0, first = 0;
    for (std::string_view left = text; !left.empty();) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        ++number;
        if (line.starts_with('#')) continue; // most of what is no setting; also between continued lines
        std::string_view bare = trim(line);
        if (bare.starts_with('#') || bare.starts_with(';')) continue;
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
        auto& all = into[known->name];
        if (value.empty()) {
            all.clear();
        } else if (!known->list) {
            all.push_back({std::move(value), path, first});
        } else {
            std::replace(value.begin(), value.end(), '\t', ' ');
            for (auto word : split(value, ' '))
                if (!word.empty()) all.push_back({std::string(word), path, first});
        }
    }
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "systemd/unit_settings.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/ascii.hpp"
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

// Lists of units are split and add up; an empty assignment clears them, as it does for every other key.
struct Known {
    std::string_view section, name;
    UnitKey key;
    bool list = false;
};
constexpr Known known_settings[] = {
    {"Unit", "After", UnitKey::after, true},
    {"Unit", "Before", UnitKey::before, true},
    {"Unit", "Wants", UnitKey::wants, true},
    {"Unit", "Requires", UnitKey::requires_, true},
    {"Unit", "Requisite", UnitKey::requisite, true},
    {"Unit", "BindsTo", UnitKey::binds_to, true},
    {"Unit", "PartOf", UnitKey::part_of, true},
    {"Unit", "Upholds", UnitKey::upholds, true},
    {"Unit", "RequiresMountsFor", UnitKey::requires_mounts_for, true},
    {"Unit", "DefaultDependencies", UnitKey::default_dependencies},
    {"Service", "Slice", UnitKey::slice},
    {"Service", "Sockets", UnitKey::sockets, true},
    {"Service", "TimeoutStartSec", UnitKey::start_timeout},
    {"Service", "TimeoutSec", UnitKey::start_timeout}, // it sets this one and another
    {"Service", "Type", UnitKey::type},
    {"Service", "WorkingDirectory", UnitKey::working_directory},
    {"Socket", "Accept", UnitKey::accept},
    {"Socket", "Service", UnitKey::triggers},
    {"Socket", "Slice", UnitKey::slice},
    {"Timer", "Unit", UnitKey::triggers},
    {"Path", "Unit", UnitKey::triggers},
    {"Mount", "Options", UnitKey::options},
    {"Mount", "Slice", UnitKey::slice},
    {"Mount", "Type", UnitKey::type},
    {"Manager", "DefaultTimeoutStartSec", UnitKey::start_timeout},
};

using KnownSettings = std::span<const Known>; // those of one section lie side by side

KnownSettings known_in(std::string_view section) {
    auto in_section = [&](const Known& one) { return one.section == section; };
    const Known* begin = std::find_if(std::begin(known_settings), std::end(known_settings), in_section);
    return {begin, std::find_if_not(begin, std::end(known_settings), in_section)};
}

// "dbus.socket" has [Unit] and [Socket]; systemd does not look at another.
bool is_section_of(std::string_view section, std::string_view name) {
    return section == "Unit" || name.empty() || same_word(section, name.substr(name.rfind('.') + 1));
}

class Reader {
  public:
    Reader(const SharedText& path, std::string_view name, UnitSettings& into)
        : path_(path), name_(name), into_(into) {}

    // A whole line, continued ones put together, without blanks at its ends.
    void read(std::string_view line, unsigned number) {
        if (line.starts_with('[') && line.ends_with(']')) {
            std::string_view section = line.substr(1, line.size() - 2);
            known_ = is_section_of(section, name_) ? known_in(section) : KnownSettings();
            return;
        }
        if (known_.empty()) return;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) return;
        std::string_view name = trim(line.substr(0, equals));
        for (const Known& one : known_)
            if (one.name == name) assign(one, trim(line.substr(equals + 1)), number);
    }

  private:
    void assign(const Known& known, std::string_view value, unsigned number) {
        if (value.empty())
            std::erase_if(into_, [&](const UnitSetting& said) { return said.key == known.key; });
        else if (!known.list)
            into_.push_back({known.key, with_specifiers(value, name_), path_, number});
        else
            for (auto end = value.begin(); end != value.end();) {
                auto begin = std::find_if_not(end, value.end(), is_blank);
                end = std::find_if(begin, value.end(), is_blank);
                into_.push_back({known.key, with_specifiers({begin, end}, name_), path_, number});
            }
    }

    const SharedText& path_;
    std::string_view name_;
    UnitSettings& into_;
    KnownSettings known_; // of the section that we are in
};

} // namespace

std::optional<bool> unit_boolean(std::string_view value) {
    auto is = [&](std::string_view word) { return same_word(value, word); };
    if (is("1") || is("yes") || is("y") || is("true") || is("t") || is("on")) return true;
    if (is("0") || is("no") || is("n") || is("false") || is("f") || is("off")) return false;
    return std::nullopt;
}

void add_settings(std::string_view text, const SharedText& path, std::string_view name, UnitSettings& into) {
    Reader reader(path, name, into);
    std::string pending;
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
        if (pending.empty())
            reader.read(bare, first);
        else
            reader.read(trim(std::exchange(pending, {}) += bare), first);
    }
}

} // namespace unitgate

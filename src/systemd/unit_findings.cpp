// SPDX-License-Identifier: MIT
#include "systemd/unit_findings.hpp"

#include <set>
#include <unistd.h>

#include "base/file.hpp"
#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

constexpr Duration no_limit = Duration::max();

// As systemd reads TimeoutStartSec=: "infinity" and 0 are none, what is no time span is ignored.
std::optional<Duration> limit_of(std::string_view text) {
    if (text == "infinity") return no_limit;
    auto span = parse_duration(text);
    if (!span) return {};
    return *span == Duration::zero() ? no_limit : *span;
}

// How long a service may take to start, and where that is said.
struct StartLimit {
    bool is_oneshot = false;
    Duration limit = no_limit;
    Origin origin; // empty: a default
};

class Check {
  public:
    explicit Check(const UnitsInForce& units) : units_(units) {
        if (auto limit = limit_of(units.files.default_start_timeout())) default_limit_ = *limit;
    }

    Diagnostics found;

    void check(const Spec& spec) {
        auto file = units_.files.load(spec.unit.name);
        std::size_t before = found.size();
        check_file(spec, file);
        const LiveUnit* live = live_unit(spec.unit.name);
        if (found.size() == before && file && live && (live->needs_reload || has_other_files(*live, *file)))
            add(spec, "unit-stale",
                in_quotes(spec.unit.name) + " was loaded before one of its files was changed last",
                "systemctl daemon-reload");
        if (!file) file = units_.files.load(spec.unit.name, false); // drop-ins for it, or for all alike
        if (!file->masked) check_limit(spec, *file);
        for (const auto& name : spec.unit.after)
            if (name.value.ends_with(".service")) awaited_.try_emplace(name.value, &spec, name.place);
    }

    // Of units without a spec that deploy units wait for, each once.
    void check_awaited(std::span<const Spec> specs) {
        for (const Spec& spec : specs)
            awaited_.erase(spec.unit.name);
        for (const auto& [name, by] : awaited_) {
            auto file = units_.files.load(name);
            if (!file || file->masked || file->path.empty()) continue;
            StartLimit limit = start_limit(*file);
            if (limit.limit != no_limit) continue;
            add(*by.first, "no-timeout",
                in_quotes(by.first->unit.name) + " waits for " + in_quotes(name) +
                    ", which may take for ever to start: " + why_unlimited(limit),
                "systemctl edit " + name + ", and set TimeoutStartSec= below [Service]", by.second);
            found.back().units.push_back(name);
        }
    }

  private:
    void check_file(const Spec& spec, const std::optional<UnitFile>& file) {
        const std::string& name = spec.unit.name;
        if (!file || (file->path.empty() && !file->masked)) {
            if (units_.expects_units)
                add(spec, "unit-stale", "systemd does not know " + in_quotes(name) + " yet",
                    "systemctl daemon-reload");
            return;
        }
        bool generated = units_.files.is_in_generator_folder(file->path);
        if (file->masked) {
            add(spec, "unit-masked",
                in_quotes(name) + " is masked by '" + file->path + "': it cannot be started",
                "systemctl unmask " + name + ", or mask the spec too with a link to /dev/null");
        } else if (!file->made_by_unitgate) {
            add(spec, "unit-shadowed",
                "'" + file->path + "' hides the unit that is made from this spec: nothing of it holds",
                "remove that file and type 'systemctl daemon-reload', or give the spec another [unit] name");
        } else if (generated && !units_.context.spec_folders.empty()) {
            // Made by the generator, from the specs of the usual folders and not from these.
        } else if (auto difference = difference_to(spec, file->text); difference.empty()) {
            return;
        } else if (generated) {
            add(spec, "unit-stale", in_quotes(name) + " is not what the spec makes now: " + difference,
                "systemctl daemon-reload");
        } else if (::access((units_.files.root() + std::string(generator_folder) + name).c_str(), F_OK) ==
                   0) {
            add(spec, "unit-shadowed",
                "'" + file->path +
                    "', an edited copy, hides the unit that is made from this spec: " + difference,
                "remove it and type 'systemctl daemon-reload'; own settings go into 'systemctl edit " + name +
                    "'");
        } else {
            add(spec, "unit-stale", "'" + file->path + "' is not what the spec makes now: " + difference,
                "unitgate generate --to " + file->path.substr(0, file->path.rfind('/')) +
                    ", then systemctl daemon-reload");
        }
    }

    // The first line in which the unit on disk is another; empty where they are the same.
    std::string difference_to(const Spec& spec, const std::string& now) const {
        std::string wanted = unit_text(spec, units_.context);
        if (now == wanted) return {};
        auto have = split(now, '\n'), want = split(wanted, '\n');
        std::size_t i = 0;
        while (i < have.size() && i < want.size() && have[i] == want[i])
            ++i;
        auto shown = [&](const auto& lines) {
            return i < lines.size() && !lines[i].empty() ? "'" + std::string(lines[i]) + "'"
                                                         : std::string("nothing");
        };
        return "it has " + shown(have) + " where the spec makes " + shown(want);
    }

    void check_limit(const Spec& spec, const UnitFile& file) {
        if (file.path.empty() && file.all(UnitKey::start_timeout).empty())
            return; // the spec's own, once it is made
        const std::string& name = spec.unit.name;
        StartLimit limit = start_limit(file);
        if (limit.limit == no_limit) {
            add(spec, "no-timeout", in_quotes(name) + " may take for ever to start: " + why_unlimited(limit),
                "set TimeoutStartSec=" + format_duration_exact(longest_run(spec) + start_timeout_margin));
            return;
        }
        if (limit.limit >= longest_run(spec)) return;
        bool beats_gate = limit.limit < spec.gate.longest_deadline();
        bool runs_unitgate = file.made_by_unitgate || file.path.empty();
        add(spec, "timeout-too-short",
            in_quotes(name) + " may take " + format_duration(limit.limit) + " to start" +
                in_parentheses(limit.origin) + ", " +
                (beats_gate ? "its gate " + format_duration(spec.gate.longest_deadline())
                            : "a run with a rollback " + format_duration(longest_run(spec))) +
                (runs_unitgate ? ": only what the run asks for as it goes keeps systemd from ending it"
                               : ": systemd ends it in the middle"),
            "remove that setting, or make it " +
                format_duration_exact(longest_run(spec) + start_timeout_margin));
        if (!runs_unitgate) found.back().severity = Severity::error;
    }

    StartLimit start_limit(const UnitFile& file) const {
        StartLimit limit;
        limit.is_oneshot = file.last(UnitKey::type) == "oneshot";
        if (!limit.is_oneshot) limit.limit = default_limit_;
        for (const auto& setting : file.all(UnitKey::start_timeout))
            if (auto said = limit_of(setting.value)) {
                limit.limit = *said;
                limit.origin = {setting.path, setting.line, "TimeoutStartSec=" + setting.value};
            }
        const LiveUnit* live = live_unit(file.name);
        if (!live || !live->start_timeout) return limit;
        if (*live->start_timeout != limit.limit) limit.origin = {{}, 0, "as the manager has it"};
        limit.limit = *live->start_timeout;
        limit.is_oneshot = live->type == "oneshot";
        return limit;
    }

    static std::string why_unlimited(const StartLimit& limit) {
        if (!limit.origin.text().empty()) return limit.origin.text();
        return limit.is_oneshot ? "a oneshot service has no time-out by default" : "no time-out is set";
    }

    // The manager itself notices no folder of drop-ins that is new.
    static bool has_other_files(const LiveUnit& live, const UnitFile& file) {
        // Where /lib is a link to /usr/lib, a file has two paths.
        auto plain = [](std::string_view path) {
            return std::string(path.substr(path.starts_with("/usr/lib/") ? 4 : 0));
        };
        std::set<std::string> loaded, present;
        for (const auto& path : live.drop_ins)
            loaded.insert(plain(path));
        for (const auto& path : file.drop_ins)
            present.insert(plain(path));
        return plain(live.fragment_path) != plain(file.path) || loaded != present;
    }

    const LiveUnit* live_unit(const std::string& name) const {
        if (!units_.live) return nullptr;
        auto at = units_.live->find(name);
        return at == units_.live->end() ? nullptr : &at->second;
    }

    void add(const Spec& spec, std::string_view code, std::string cause, std::string remedy,
             Place place = {}) {
        found.push_back(
            finding(place.file ? place : place_of(spec), code, std::move(cause), std::move(remedy)));
        found.back().units = {spec.unit.name};
    }

    const UnitsInForce& units_;
    Duration default_limit_ = std::chrono::seconds(90); // DefaultTimeoutStartSec= of systemd-system.conf(5)
    std::map<std::string, std::pair<const Spec*, Place>> awaited_;
};

} // namespace

Diagnostics find_unit_problems(std::span<const Spec> specs, const UnitsInForce& units) {
    Check check(units);
    for (const Spec& spec : specs)
        check.check(spec);
    check.check_awaited(specs);
    return std::move(check.found);
}

} // namespace unitgate

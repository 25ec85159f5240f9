// SPDX-License-Identifier: MIT
#include "deploy/rehearsal.hpp"

#include <cerrno>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"

namespace unitgate {

namespace {

constexpr int schema = 1;
constexpr std::size_t longest_note = std::size_t{1} << 20;

std::string_view phase_word(Rehearsal::Phase phase) {
    return phase == Rehearsal::Phase::cold_start ? "cold-start" : "putting-back";
}

std::optional<Rehearsal> read_note(const Json& all) {
    Rehearsal note;
    bool good = all.is_object() && all.get("schema").as_integer() == schema;
    auto text = [&](const char* key) {
        auto value = all.get(key).as_string();
        good = good && value;
        return value.value_or("");
    };
    std::string phase = text("phase");
    good = good && (phase == "cold-start" || phase == "putting-back");
    note.phase = phase == "putting-back" ? Rehearsal::Phase::putting_back : Rehearsal::Phase::cold_start;
    note.name = text("name");
    note.unit = text("unit");
    note.boot_id = text("boot_id");
    note.since = text("since");
    auto was_up = all.get("was_up").as_bool(), in_order = all.get("in_order").as_bool();
    good = good && was_up && in_order && all.get("units").is_array();
    if (!good) return std::nullopt;
    note.was_up = *was_up;
    note.in_order = *in_order;
    for (const Json& each : all.get("units").items()) {
        auto unit = each.as_string();
        if (!unit) return std::nullopt;
        note.units.push_back(*unit);
    }
    return note;
}

} // namespace

Result<std::optional<Rehearsal>> RehearsalFile::load() const {
    Result<std::string> text = read_file(path_, longest_note);
    if (!text && text.error().code == ENOENT) return std::nullopt;
    if (!text) return tl::unexpected(text.error());
    Result<Json> parsed = Json::parse(*text);
    auto note = parsed ? read_note(*parsed) : std::nullopt;
    if (!note)
        return fail("cannot use '" + path_ + "': it is no note of a rehearsal",
                    "see that the units of this host are up, then remove it");
    return note;
}

Status RehearsalFile::save(const Rehearsal& rehearsal) const {
    if (Status made = make_folders(folder_, 0755); !made) return made;
    Json units = Json::array();
    for (const auto& unit : rehearsal.units)
        units.push(unit);
    Json all = Json::object()
                   .set("schema", schema)
                   .set("phase", phase_word(rehearsal.phase))
                   .set("name", rehearsal.name)
                   .set("unit", rehearsal.unit)
                   .set("was_up", rehearsal.was_up)
                   .set("in_order", rehearsal.in_order)
                   .set("units", units)
                   .set("boot_id", rehearsal.boot_id)
                   .set("since", rehearsal.since);
    return write_file_durable(path_, all.dump(2) + "\n", 0644);
}

Status RehearsalFile::remove() const {
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
    return fail_errno("cannot remove '" + path_ + "'", errno);
}

Result<Fd> lock_rehearsal(const std::string& state_folder) {
    if (Status made = make_folders(state_folder, 0755); !made) return tl::unexpected(made.error());
    Result<Fd> lock = lock_file(state_folder + "/rehearsal.lock");
    if (!lock && lock.error().code == EWOULDBLOCK)
        return tl::unexpected(Error{"another rehearsal is under way", "wait for its end", EWOULDBLOCK});
    return lock;
}

Result<std::optional<Rehearsal>> rehearsal_of_run(const std::string& state_folder, const std::string& name,
                                                  const std::string& boot_id) {
    auto note = RehearsalFile(state_folder).load();
    if (!note) return tl::unexpected(note.error());
    if (!*note || (*note)->name != name || (*note)->boot_id != boot_id ||
        (*note)->phase != Rehearsal::Phase::cold_start)
        return std::nullopt;
    auto lock = lock_rehearsal(state_folder);
    if (lock) return std::nullopt; // nobody holds it: its rehearsal was killed
    if (lock.error().code != EWOULDBLOCK) return tl::unexpected(lock.error());
    return note;
}

} // namespace unitgate

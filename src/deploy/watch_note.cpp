// SPDX-License-Identifier: MIT
#include "deploy/watch_note.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/json.hpp"
#include "deploy/state.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_note = 64 * 1024;

std::string path_of(const std::string& state_folder, const std::string& name) {
    return state_folder + "/apps/" + name + "/watch.json";
}

} // namespace

Status save_watch_note(const std::string& state_folder, const std::string& name, const WatchNote& note) {
    if (Status made = make_folders(state_folder + "/apps/" + name, 0755); !made) return made;
    Json json = Json::object()
                    .set("schema", 1)
                    .set("app", note.app)
                    .set("unit", note.unit)
                    .set("version", note.version)
                    .set("invocation_id", note.invocation_id)
                    .set("boot_id", note.boot_id)
                    .set("since", note.since)
                    .set("passed", note.passed);
    return write_file_durable(path_of(state_folder, name), json.dump(2) + "\n", 0644);
}

std::optional<WatchNote> load_watch_note(const std::string& state_folder, const std::string& name) {
    auto text = read_file(path_of(state_folder, name), longest_note);
    if (!text) return std::nullopt;
    auto json = Json::parse(*text);
    if (!json || json->get("schema").as_integer() != 1) return std::nullopt;
    auto member = [&](const char* key) { return json->get(key).as_string().value_or(""); };
    return WatchNote{member("app"),     member("unit"),  member("version"), member("invocation_id"),
                     member("boot_id"), member("since"), member("passed")};
}

std::map<std::string, std::string> watch_passes(const std::string& state_folder) {
    std::map<std::string, std::string> passes;
    for (const std::string& name : names_with_state(state_folder))
        if (auto note = load_watch_note(state_folder, name)) {
            std::string& at = passes[note->app];
            at = std::max(at, note->passed); // two specs may be of one app
        }
    return passes;
}

} // namespace unitgate

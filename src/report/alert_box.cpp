// SPDX-License-Identifier: MIT
#include "report/alert_box.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "deploy/state.hpp"
#include "deploy/watch_note.hpp"

namespace unitgate {

namespace {

constexpr std::size_t largest_alert = std::size_t{1} << 20;
constexpr std::string_view ending = ".json";
// The kernel stamps files by a clock that ticks 100 times a second or more, so perhaps in the second before
// the one in the alert's name.
constexpr auto file_clock_lag = std::chrono::milliseconds(10);

std::string open_folder(const std::string& state_folder) {
    return state_folder + "/alerts";
}

std::string cleared_folder(const std::string& state_folder) {
    return state_folder + "/alerts/cleared";
}

Result<StoredAlert> read_alert(const std::string& folder, const std::string& name, bool cleared) {
    StoredAlert alert{name.substr(0, name.size() - ending.size()), folder + "/" + name, cleared, {}, {}};
    auto text = read_file(alert.path, largest_alert);
    if (!text) return tl::unexpected(text.error());
    auto json = Json::parse(*text);
    if (!json) return fail_with("'" + alert.path + "' is no alert", json.error());
    if (!json->is_object()) return fail("'" + alert.path + "' is no alert: it holds no JSON object");
    alert.json = std::move(*json);
    struct stat info {};
    if (::stat(alert.path.c_str(), &info) == 0)
        alert.written = WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                                 std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
    return alert;
}

// "20260613T054428Z" and "2026-06-13T05:44:28.000123Z" as numbers that compare.
std::string digits(std::string_view text) {
    std::string out;
    for (char c : text)
        if (is_digit(c)) out += c;
    return out;
}

Status read_folder(const std::string& folder, bool cleared, AlertBox& box) {
    Folder entries(folder);
    if (!entries && errno == ENOENT) return {};
    if (!entries) return fail_errno("cannot read folder '" + folder + "'", errno);
    while (const dirent* entry = entries.next()) {
        std::string name = entry->d_name;
        if (name.starts_with('.') || !name.ends_with(ending)) continue;
        auto alert = read_alert(folder, name, cleared);
        if (alert)
            box.alerts.push_back(std::move(*alert));
        else
            box.unreadable.push_back(alert.error());
    }
    if (errno) return fail_errno("cannot read folder '" + folder + "'", errno);
    return {};
}

std::optional<std::string> passed_since(const StoredAlert& alert,
                                        const std::map<std::string, std::string>& passes) {
    auto pass = passes.find(alert.text("app"));
    if (pass == passes.end()) return std::nullopt;
    std::string failed = digits(alert.text("ts")), passed = digits(pass->second);
    constexpr std::size_t to_the_second = 14, to_the_microsecond = 20;
    if (failed.size() != to_the_second || passed.size() != to_the_microsecond) return std::nullopt;
    int order = passed.compare(0, to_the_second, failed);
    if (order < 0) return std::nullopt;
    if (order == 0) {
        auto written = std::chrono::floor<std::chrono::seconds>(alert.written);
        std::string after(6, '0');
        if (digits(format_timestamp(written)) == failed) {
            auto part = std::to_string((alert.written - written) / std::chrono::microseconds(1));
            after.replace(6 - part.size(), part.size(), part);
        } else if (auto stamped = std::chrono::floor<std::chrono::seconds>(alert.written + file_clock_lag);
                   digits(format_timestamp(stamped)) != failed) {
            return std::nullopt;
        }
        if (passed.compare(to_the_second, 6, after) <= 0) return std::nullopt;
    }
    return pass->second;
}

} // namespace

std::string StoredAlert::text(std::string_view key) const {
    return json.get(key).as_string().value_or("");
}

Result<AlertBox> read_alerts(const std::string& state_folder, bool with_cleared) {
    AlertBox box;
    if (auto read = read_folder(open_folder(state_folder), false, box); !read)
        return tl::unexpected(read.error());
    if (with_cleared)
        if (auto read = read_folder(cleared_folder(state_folder), true, box); !read)
            return tl::unexpected(read.error());
    // Names begin with the time.
    std::sort(box.alerts.begin(), box.alerts.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return box;
}

Result<StoredAlert> find_alert(const std::string& state_folder, std::string_view id, bool with_cleared) {
    auto box = read_alerts(state_folder, with_cleared);
    if (!box) return tl::unexpected(box.error());
    // The journal has the whole path of the file.
    std::string_view name = id.substr(id.rfind('/') + 1); // npos + 1 is 0
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
    std::vector<const StoredAlert*> found;
    for (const auto& alert : box->alerts) {
        if (alert.id == name) return alert;
        if (!name.empty() && alert.id.starts_with(name)) found.push_back(&alert);
    }
    std::string shown = "'" + std::string(id) + "'";
    if (found.empty())
        return fail("there is no alert " + shown, "'unitgate alerts list --all' shows those that there are");
    if (found.size() > 1)
        return fail(shown + " fits " + std::to_string(found.size()) + " alerts, '" + found[0]->id +
                        "' and '" + found[1]->id + "' among them",
                    "give more of its name");
    return *found[0];
}

Passes read_passes(const std::string& state_folder) {
    return {wanted_passes(state_folder), watch_passes(state_folder)};
}

std::optional<std::string> recovered_at(const StoredAlert& alert, const Passes& passes) {
    auto passed = passed_since(alert, passes.wanted);
    if (passed || alert.text("reason") != reason_name(Reason::unhealthy_while_active)) return passed;
    return passed_since(alert, passes.watched);
}

Status clear_alert(const std::string& state_folder, const StoredAlert& alert, const std::string& by,
                   const std::string& at, const std::string& note) {
    if (alert.cleared)
        return fail("alert '" + alert.id + "' has been cleared before", "unitgate alerts show " + alert.id);
    std::string folder = cleared_folder(state_folder);
    if (auto made = make_folders(folder, 0750); !made) return made;
    Json json = alert.json;
    json.set("cleared", Json::object().set("by", by).set("at", at).set("note", note));
    std::string path = folder + "/" + alert.id + std::string(ending);
    if (auto written = create_file_durable(path, json.dump(2) + "\n", 0640); !written) {
        if (written.error().code != EEXIST) return written;
        // Cut off between the two steps of an earlier clearing: what it wrote stays, the first note holds.
    }
    if (::unlink(alert.path.c_str()) < 0) return fail_errno("cannot remove '" + alert.path + "'", errno);
    Fd open(::open(open_folder(state_folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open || ::fsync(open.get()) < 0)
        return fail_errno("cannot make the clearing of '" + alert.id + "' durable", errno);
    return {};
}

} // namespace unitgate

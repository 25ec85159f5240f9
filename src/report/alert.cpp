// SPDX-License-Identifier: MIT
#include "report/alert.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/json.hpp"

namespace unitgate {

namespace {

constexpr mode_t folder_mode = 0750, file_mode = 0640;
constexpr int most_of_one_name = 10000;
constexpr std::size_t largest_alert = std::size_t{1} << 20; // far more than any that was written here

std::string folder_of(const std::string& state_folder) {
    return state_folder + "/alerts";
}

Json probe_json(const AlertProbe& probe) {
    return Json::object()
        .set("name", probe.name)
        .set("url", probe.url)
        .set("cause", text_or_null(probe.cause))
        .set("status", probe.status > 0 ? Json(probe.status) : Json())
        .set("tries", static_cast<std::int64_t>(probe.tries))
        .set("seconds", probe.seconds);
}

// A file that cannot be read or is no alert answers nothing; it must not keep another alert from being
// written.
bool belongs_to(const std::string& path, const std::string& invocation_id, std::optional<Reason> reason) {
    auto text = read_file(path, largest_alert);
    if (!text || text->find(invocation_id) == std::string::npos) return false;
    auto json = Json::parse(*text);
    return json && json->get("invocation_id").as_string() == invocation_id &&
           (!reason || json->get("reason").as_string() == reason_name(*reason));
}

Result<std::size_t> count_in(const std::string& path, const std::string& invocation_id,
                             std::optional<Reason> reason) {
    std::size_t count = 0;
    Folder folder(path);
    if (!folder && errno == ENOENT) return count;
    if (!folder) return fail_errno("cannot read folder '" + path + "'", errno);
    while (const dirent* entry = folder.next()) {
        std::string_view name = entry->d_name;
        if (name.starts_with('.') || !name.ends_with(".json")) continue;
        if (belongs_to(path + "/" + entry->d_name, invocation_id, reason)) ++count;
    }
    if (errno) return fail_errno("cannot read folder '" + path + "'", errno);
    return count;
}

Result<std::string> write_in(const std::string& folder, const Alert& alert) {
    std::string stem =
        folder + "/" + alert.ts + "-" + alert.app + "-" + std::string(reason_name(alert.reason));
    std::string text = alert_text(alert);
    for (int number = 1; number <= most_of_one_name; ++number) {
        std::string path = stem + (number > 1 ? "-" + std::to_string(number) : "") + ".json";
        auto created = create_file_durable(path, text, file_mode);
        if (created) return path;
        if (created.error().code != EEXIST) return tl::unexpected(created.error());
    }
    return fail_errno("cannot create '" + stem + ".json'", EEXIST);
}

} // namespace

std::string alert_text(const Alert& alert) {
    Json json = Json::object()
                    .set("app", alert.app)
                    .set("reason", std::string(reason_name(alert.reason)))
                    .set("ts", alert.ts)
                    .set("version", text_or_null(alert.version))
                    .set("unit", text_or_null(alert.unit))
                    .set("detail", alert.detail)
                    .set("probe", alert.probe ? probe_json(*alert.probe) : Json())
                    .set("rolled_back_to", text_or_null(alert.rolled_back_to))
                    .set("invocation_id", text_or_null(alert.invocation_id))
                    .set("boot_id", text_or_null(alert.boot_id))
                    .set("schema", 1);
    return json.dump(2) + "\n";
}

Result<std::string> write_alert(const std::string& state_folder, const Alert& alert) {
    std::string folder = folder_of(state_folder);
    if (auto made = make_folders(folder, folder_mode); !made) return tl::unexpected(made.error());
    return write_in(folder, alert);
}

Result<std::string> write_alert_once(const std::string& state_folder, const Alert& alert, bool of_reason,
                                     std::size_t known) {
    std::string folder = folder_of(state_folder);
    if (auto made = make_folders(folder, folder_mode); !made) return tl::unexpected(made.error());
    // Waits for as long as another process writes one alert. The lock goes with the descriptor.
    Fd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return fail_errno("cannot open folder '" + folder + "'", errno);
    while (::flock(lock.get(), LOCK_EX) < 0)
        if (errno != EINTR) return fail_errno("cannot lock folder '" + folder + "'", errno);
    auto there = count_alerts_of(state_folder, alert.invocation_id,
                                 of_reason ? std::optional(alert.reason) : std::nullopt);
    if (!there) return tl::unexpected(there.error());
    if (*there > known) return std::string();
    return write_in(folder, alert);
}

Result<std::size_t> count_alerts_of(const std::string& state_folder, const std::string& invocation_id,
                                    std::optional<Reason> reason) {
    if (invocation_id.empty()) return std::size_t{0};
    std::string folder = folder_of(state_folder);
    auto open = count_in(folder, invocation_id, reason);
    if (!open) return open;
    auto cleared = count_in(folder + "/cleared", invocation_id, reason);
    if (!cleared) return cleared;
    return *open + *cleared;
}

} // namespace unitgate

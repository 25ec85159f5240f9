// SPDX-License-Identifier: MIT
#include "deploy/state.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "spec/load.hpp"

namespace unitgate {

namespace {

constexpr int schema = 1; // of state.json; a newer one is refused rather than half understood
constexpr std::size_t longest_state = 64 * 1024;

Json with_release(Json object, const Release& release) {
    object.set("version", release.version).set("fingerprint", release.fingerprint);
    return object;
}

std::string state_text(const AppState& state) {
    Json all = Json::object();
    all.set("schema", schema);
    if (state.last_good)
        all.set("last_good",
                with_release(Json::object(), *state.last_good).set("since", state.last_good_since));
    if (state.held)
        all.set("held", with_release(Json::object(), state.held->release)
                            .set("reason", reason_name(state.held->reason))
                            .set("since", state.held->since));
    if (state.under_way) {
        const UnderWay& note = *state.under_way;
        Json written = Json::object()
                           .set("invocation_id", note.invocation_id)
                           .set("boot_id", note.boot_id)
                           .set("app", note.app)
                           .set("unit", note.unit)
                           .set("step", phase_name(note.phase))
                           .set("version", text_or_null(note.version))
                           .set("since", note.since);
        if (note.alerts_before > 0)
            written.set("alerts_before", static_cast<std::int64_t>(note.alerts_before));
        all.set("under_way", std::move(written));
    }
    if (state.last_gate)
        all.set("last_gate", Json::object()
                                 .set("version", state.last_gate->version)
                                 .set("at", state.last_gate->at)
                                 .set("took_usec", std::int64_t{state.last_gate->took.count()}));
    if (state.wanted_passed)
        all.set("wanted_passed",
                Json::object().set("app", state.wanted_passed->app).set("at", state.wanted_passed->at));
    if (!state.passed_boot.empty()) all.set("passed_boot", state.passed_boot);
    return all.dump(2) + "\n";
}

std::string rfc3339(WallTime at) {
    std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(at));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::optional<Phase> phase_from(std::string_view name) {
    for (Phase phase :
         {Phase::version, Phase::probe, Phase::deploy, Phase::gate, Phase::rollback, Phase::rollback_gate})
        if (phase_name(phase) == name) return phase;
    return std::nullopt;
}

// Reads members of one object and remembers the first that is missing or of another type.
class Reader {
  public:
    explicit Reader(Json object, std::string where) : object_(std::move(object)), where_(std::move(where)) {}
    std::string text(std::string_view key) {
        auto value = object_.get(key).as_string();
        if (!value) blame(key);
        return value.value_or("");
    }
    std::string text_or_null(std::string_view key) { return object_.get(key).is_null() ? "" : text(key); }
    std::size_t count_or_none(std::string_view key) {
        if (object_.get(key).is_null()) return 0;
        auto value = object_.get(key).as_integer();
        if (!value || *value < 0) blame(key);
        return static_cast<std::size_t>(value.value_or(0));
    }
    Duration span(std::string_view key) {
        auto value = object_.get(key).as_integer();
        if (!value || *value < 0) blame(key);
        return Duration(value.value_or(0));
    }
    Release release() { return {text("version"), text("fingerprint")}; }
    void blame(std::string_view key) {
        if (wrong_.empty()) wrong_ = where_ + "." + std::string(key);
    }
    const std::string& wrong() const { return wrong_; }

  private:
    Json object_;
    std::string where_, wrong_;
};

// Gives what is wrong, or "".
std::string read_state(const Json& all, AppState& state) {
    if (!all.is_object() || !all.get("schema").as_integer()) return "it has no 'schema'";
    if (auto found = *all.get("schema").as_integer(); found != schema)
        return "its schema is " + std::to_string(found) + ", this program knows " + std::to_string(schema);
    std::string wrong;
    auto section = [&](const char* key, auto read) {
        Json value = all.get(key);
        if (value.is_null() || !wrong.empty()) return;
        Reader reader(value, key);
        if (value.is_object())
            read(reader);
        else
            reader.blame("(object)");
        if (!reader.wrong().empty()) wrong = "'" + reader.wrong() + "' is missing or of the wrong type";
    };
    section("last_good", [&](Reader& r) {
        state.last_good = r.release();
        state.last_good_since = r.text("since");
    });
    section("held", [&](Reader& r) {
        auto reason = reason_from(r.text("reason"));
        if (!reason) r.blame("reason");
        state.held = Held{r.release(), reason.value_or(Reason::deploy_failed), r.text("since")};
    });
    section("under_way", [&](Reader& r) {
        auto phase = phase_from(r.text("step"));
        if (!phase) r.blame("step");
        state.under_way = UnderWay{r.text("invocation_id"),
                                   r.text("boot_id"),
                                   r.text("app"),
                                   r.text("unit"),
                                   phase.value_or(Phase::version),
                                   r.text_or_null("version"),
                                   r.text("since"),
                                   r.count_or_none("alerts_before")};
    });
    section("last_gate", [&](Reader& r) {
        state.last_gate = GatePass{r.text("version"), r.text("at"), r.span("took_usec")};
    });
    section("wanted_passed", [&](Reader& r) {
        state.wanted_passed = WantedPass{r.text("app"), r.text("at")};
    });
    state.passed_boot = all.get("passed_boot").as_string().value_or("");
    return wrong;
}

} // namespace

std::string now_rfc3339() {
    return rfc3339(std::chrono::system_clock::now());
}

std::string now_rfc3339_usec() {
    auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    std::string text = rfc3339(now), part = std::to_string(now.time_since_epoch().count() % 1000000);
    text.back() = '.';
    return text + std::string(6 - part.size(), '0') + part + "Z";
}

std::string default_state_folder() {
    const char* given = std::getenv("STATE_DIRECTORY");
    if (!given || !*given) return "/var/lib/unitgate";
    return std::string(split(given, ':').front());
}

StateStore::StateStore(std::string folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)), path_(folder_ + "/apps/" + name_ + "/state.json") {}

Result<AppState> StateStore::load() const {
    AppState state;
    Result<std::string> text = read_file(path_, longest_state);
    if (!text && text.error().code == ENOENT) return state;
    if (!text) return tl::unexpected(text.error());
    Result<Json> parsed = Json::parse(*text);
    std::string wrong = parsed ? read_state(*parsed, state) : parsed.error().message;
    if (!wrong.empty())
        return fail("cannot use the state file '" + path_ + "': " + wrong,
                    "move it away; the next run then begins without a last good version");
    return state;
}

Status StateStore::save(const AppState& state) const {
    if (Status made = make_folders(folder_ + "/apps/" + name_, 0755); !made) return made;
    return write_file_durable(path_, state_text(state), 0644);
}

std::vector<std::string> names_with_state(const std::string& state_folder) {
    std::vector<std::string> names;
    Folder folder(state_folder + "/apps");
    while (const dirent* entry = folder.next())
        if (is_valid_name(entry->d_name)) names.emplace_back(entry->d_name);
    return names;
}

std::map<std::string, std::string> wanted_passes(const std::string& state_folder) {
    std::map<std::string, std::string> passes;
    for (const std::string& name : names_with_state(state_folder)) {
        auto state = StateStore(state_folder, name).load();
        if (!state || !state->wanted_passed) continue;
        std::string& at = passes[state->wanted_passed->app];
        at = std::max(at, state->wanted_passed->at); // two specs may be of one app
    }
    return passes;
}

Result<RunLock> lock_run(const std::string& state_folder, const std::string& name, const std::string& app) {
    for (const std::string& folder : {state_folder + "/apps/" + name, state_folder + "/locks"})
        if (Status made = make_folders(folder, 0755); !made) return tl::unexpected(made.error());
    auto why = [](const std::string& what, Error error) {
        bool taken = error.code == EWOULDBLOCK;
        return fail_with(taken ? "another run of " + what + " may be under way"
                               : "cannot keep other runs of " + what + " out",
                         std::move(error));
    };
    RunLock lock;
    Result<Fd> taken = lock_file(state_folder + "/apps/" + name + "/lock");
    if (!taken) return why("'" + name + "'", taken.error());
    lock.name = std::move(*taken);
    taken = lock_file(state_folder + "/locks/" + app);
    if (!taken) return why("app '" + app + "'", taken.error());
    lock.app = std::move(*taken);
    return lock;
}

} // namespace unitgate

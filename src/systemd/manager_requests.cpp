// SPDX-License-Identifier: MIT
// What the manager is asked to do, and about its jobs.
#include <cerrno>
#include <charconv>

#include "systemd/manager.hpp"

namespace unitgate {

namespace {

std::uint32_t job_number(const std::string& path) {
    std::uint32_t id = 0;
    auto slash = path.rfind('/');
    if (slash != std::string::npos) std::from_chars(path.data() + slash + 1, path.data() + path.size(), id);
    return id;
}

} // namespace

std::string_view job_word(JobKind kind) {
    switch (kind) {
    case JobKind::start:
        return "start";
    case JobKind::stop:
        return "stop";
    case JobKind::reload:
        return "reload";
    }
    return "?";
}

void Manager::reset_failed(const std::string& unit, std::function<void(BusResult<std::monostate>)> done) {
    connection_.call({manager_service, manager_path, manager_interface, "ResetFailedUnit", {unit}},
                     [done = std::move(done)](BusResult<BusReader> reply) {
                         if (!reply && reply.error().name != "org.freedesktop.systemd1.NoSuchUnit")
                             return done(tl::unexpected(reply.error()));
                         done(std::monostate());
                     });
}

// A unit that a condition keeps from starting is unloaded right after its job, and with it goes what it would
// tell of that: the holds come first.
void Manager::enqueue(JobKind kind, JobMode mode, const std::string& unit,
                      const std::weak_ptr<const bool>& wanted, Queued queued) {
    if (holds_.may_be_overtaken())
        return holds_.when_answered([this, kind, mode, unit, wanted, queued = std::move(queued)] {
            if (!wanted.expired()) call_for_job(kind, mode, unit, wanted, queued);
        });
    call_for_job(kind, mode, unit, wanted, std::move(queued));
}

void Manager::call_for_job(JobKind kind, JobMode mode, const std::string& unit,
                           const std::weak_ptr<const bool>& wanted, Queued queued) {
    const char* member = kind == JobKind::start  ? "StartUnit"
                         : kind == JobKind::stop ? "StopUnit"
                                                 : "ReloadUnit";
    connection_.call({manager_service,
                      manager_path,
                      manager_interface,
                      member,
                      {unit, mode == JobMode::alone ? "ignore-dependencies" : "replace"}},
                     [wanted, queued = std::move(queued)](BusResult<BusReader> reply) {
                         if (wanted.expired()) return;
                         if (!reply) return queued(tl::unexpected(reply.error()));
                         std::uint32_t id = job_number(reply->text());
                         if (id == 0)
                             return queued(tl::unexpected(BusError{"", "malformed answer", EBADMSG}));
                         queued(id);
                     });
}

void Manager::jobs_after(std::uint32_t job, Listed done) {
    connection_.call({manager_service, std::string(manager_path) + "/job/" + std::to_string(job),
                      "org.freedesktop.systemd1.Job", "GetAfter"},
                     [done = std::move(done)](BusResult<BusReader> reply) {
                         if (!reply) return done(tl::unexpected(reply.error()));
                         std::vector<JobInfo> all;
                         reply->structs("usssoo", [&] {
                             JobInfo one;
                             one.id = reply->number();
                             one.unit = reply->text();
                             one.type = reply->text();
                             one.state = reply->text();
                             reply->text();
                             reply->text();
                             all.push_back(std::move(one));
                         });
                         if (!reply->ok())
                             return done(tl::unexpected(BusError{"", "malformed list of jobs", EBADMSG}));
                         done(std::move(all));
                     });
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "systemd/job_facts.hpp"

#include <memory>
#include <set>
#include <utility>

#include "systemd/unit_state.hpp"

namespace unitgate {

namespace {

using Properties = std::vector<BusProperty>;

bool starts(const JobInfo& job) {
    return job.type == "start" || job.type == "restart";
}

// Kept alive by the answers that are still to come.
class Question : public std::enable_shared_from_this<Question> {
  public:
    Question(Manager& manager, std::string invocation, std::function<void(BusResult<JobFacts>)> done)
        : manager_(manager), invocation_(std::move(invocation)), done_(std::move(done)) {}

    void begin(const std::string& unit, const std::vector<std::string>& servers) {
        ++open_;
        manager_.properties(unit, unit_interface, [self = shared_from_this(), unit, servers](auto all) {
            if (self->failed(all)) return;
            UnitState state;
            if (all) update(state, *all);
            self->facts_.ours = !state.invocation_id.empty() && state.invocation_id == self->invocation_;
            if (self->facts_.ours) {
                if (state.job) self->ask_waiting(state.job, unit);
                for (const std::string& server : servers)
                    self->ask_server(server);
            }
            self->answered();
        });
    }

  private:
    void ask_waiting(std::uint32_t job, const std::string& unit) {
        if (!seen_.insert(job).second) return;
        ++open_;
        manager_.jobs_after(job, [self = shared_from_this(), unit](auto jobs) {
            if (self->failed(jobs)) return;
            if (jobs) // else it has ended meanwhile
                for (const JobInfo& one : *jobs) {
                    if (!starts(one)) continue;
                    self->facts_.now.waits.push_back({one.unit, unit});
                    self->ask_waiting(one.id, one.unit);
                }
            self->answered();
        });
    }

    void ask_server(const std::string& server) {
        ++open_;
        manager_.properties(server, unit_interface, [self = shared_from_this(), server](auto all) {
            if (self->failed(all)) return;
            if (all) self->facts_.now.servers[server] = server_now(*all);
            self->answered();
        });
    }

    // Without the manager nothing can be said; any other error makes just that one fact unknown.
    template <class T>
    bool failed(const BusResult<T>& reply) {
        if (!done_) return true;
        if (reply || !reply.error().is_gone()) return false;
        std::exchange(done_, nullptr)(tl::unexpected(reply.error()));
        return true;
    }

    void answered() {
        if (--open_ == 0) std::exchange(done_, nullptr)(std::move(facts_));
    }

    Manager& manager_;
    std::string invocation_;
    std::function<void(BusResult<JobFacts>)> done_;
    std::size_t open_ = 0;
    std::set<std::uint32_t> seen_;
    JobFacts facts_;
};

} // namespace

void ask_job_facts(Manager& manager, const std::string& unit, const std::string& invocation,
                   const std::vector<std::string>& servers, std::function<void(BusResult<JobFacts>)> done) {
    std::make_shared<Question>(manager, invocation, std::move(done))->begin(unit, servers);
}

ServerNow server_now(const Properties& properties) {
    ServerNow now;
    UnitState state;
    update(state, properties);
    now.load_state = state.load_state;
    now.active_state = state.active_state;
    now.has_job = state.job != 0;
    for (const auto& [name, value] : properties) {
        if (const auto* text = std::get_if<std::string>(&value); text && name == "UnitFileState")
            now.file_state = *text;
        if (const auto* time = std::get_if<std::uint64_t>(&value);
            time && name == "ActiveEnterTimestampMonotonic")
            now.was_active = *time != 0;
    }
    now.was_active = now.was_active || state.is_up();
    return now;
}

} // namespace unitgate

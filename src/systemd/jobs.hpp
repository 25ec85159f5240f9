// SPDX-License-Identifier: MIT
// Follows jobs of units to a verdict: a pure state machine, fed with what the manager reports and told what
// time it is. It knows no bus; app/follow feeds it and carries out what it asks for. A unit counts as up only
// when it was seen up after its job had ended; whatever is not known after a lost connection is asked again,
// and what never becomes known is a failure. Who is asked for by name is systemd/asking's matter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/bus.hpp"
#include "systemd/asking.hpp"
#include "systemd/manager.hpp"
#include "systemd/unit_state.hpp"

namespace unitgate {

enum class Progress {
    looking,    // its state before is not known yet
    asking,     // the job has been asked for
    queued,     // the job waits
    running,    // the job runs
    settling,   // the job has ended, the unit's state is being read
    up,         // started (JobKind::start), or reloaded (JobKind::reload)
    left_alone, // was up before it was asked for
    stopped,    // or was not running before
    skipped,    // the job is done, but a condition of the unit kept it from starting
    failed,
};

struct Wish {
    std::string unit;
    JobKind kind = JobKind::start;
    std::vector<std::string> after;     // units it waits for, as far as they matter to a reader
    std::vector<std::string> requires_; // units whose failure keeps it from starting, also such as are not
                                        // followed
    JobMode mode = JobMode::replace;
    std::vector<std::string> pulls_in =
        {}; // units that its start job brings one for (Requires= and BindsTo=)
};

struct JobRow {
    Wish wish;
    Progress progress = Progress::looking;
    std::string detail;         // of skipped and failed: a clause that says why
    BusError refusal;           // of failed: the manager did not take the job; else empty
    bool by_dependency = false; // of failed: a unit that it requires is not up
    std::string blocker;        // that unit, where it is known
    UnitState state;
    // Of left_alone: it is on what is wanted by now, whatever it says of a version that failed before.
    bool is_current = false;
    Instant began{}, ended{}; // of the job: asked for, and decided
    bool is_decided() const { return progress >= Progress::up; }
    bool is_up() const { return progress == Progress::up || progress == Progress::left_alone; }
};

// What is to be done now, in this order.
struct FollowActions {
    std::vector<std::string> enqueue, read;
};

class JobFollower {
  public:
    // In the order in which the jobs are to be asked for.
    explicit JobFollower(std::vector<Wish> wishes);

    // The manager took the job, or not. An error that is_gone() leaves open whether it did.
    FollowActions taken(const std::string& unit, std::uint32_t id, Instant now);
    FollowActions refused(const std::string& unit, const BusError& error, Instant now);
    FollowActions removed(std::uint32_t id, const std::string& unit, const std::string& result, Instant now);
    FollowActions seen(const std::string& unit, const UnitState& state, bool whole, Instant now);
    // Signals may be missed from now on: no state counts until it was seen whole again.
    void lost();
    // The manager is lost for good: what is undecided has failed.
    void gone(const Error& error, Instant now);

    const std::vector<JobRow>& rows() const { return rows_; }
    bool is_finished() const; // every row is decided
    // The undecided units that `row` waits for; empty where it waits for none of those followed.
    std::vector<std::string> waits_for(const JobRow& row) const;

  private:
    struct Job {
        bool asked = false, unsure = false; // unsure: asked, and the answer was lost
        bool reading = false;               // its end is being read
        bool current = false;               // no signal about the unit can have been missed
        std::size_t carrier = nobody;       // the row whose job brings this one's (systemd/asking)
        std::uint32_t id = 0;
        std::string result; // of its removal; empty: not removed
        std::string invocation_before;
        std::uint64_t condition_before = 0;
    };
    std::size_t index_of(std::string_view unit) const;            // rows_.size() where it is not followed
    bool is_carried_by(std::size_t i, std::size_t carrier) const; // and its own job was not seen yet
    FollowActions doubt_carried(std::size_t carrier);
    FollowActions adopt(std::size_t i, std::uint32_t id, Instant now);
    FollowActions settle(std::size_t i, Instant now);
    void look(std::size_t i, Instant now);
    void judge(std::size_t i, Instant now);
    void judge_start(JobRow& row, const Job& job);
    void decide(JobRow& row, Progress progress, std::string detail = {});
    FollowActions settle_doubt(std::size_t i, Instant now);
    FollowActions ask_all(Instant now);

    std::vector<JobRow> rows_;
    std::vector<Job> jobs_;
    std::map<std::string, std::size_t, std::less<>> by_unit_;
    std::map<std::uint32_t, std::string> early_; // removed before its number was known: result
    bool asked_ = false;
};

} // namespace unitgate

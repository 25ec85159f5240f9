// SPDX-License-Identifier: MIT
// The second half of a rehearsal: starts again what its note says was up. Used at the end of `rehearse`,
// however its cold start went, and by `rehearse --restore` after it was killed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/follow.hpp"
#include "base/fd.hpp"
#include "deploy/rehearsal.hpp"

namespace unitgate {

inline constexpr char restore_remedy[] = "put things back with 'unitgate rehearse --restore'";

Wish wish_to(JobKind kind, const std::string& unit);

class Restorer {
  public:
    // `session` is replaced where its manager did not come back; `lock` is that of the rehearsal.
    Restorer(std::unique_ptr<Session>& session, Fd& lock, const RehearsalFile& file, Rehearsal note,
             bool quiet)
        : session_(session), lock_(lock), file_(file), note_(std::move(note)), quiet_(quiet) {}

    // No signal ends it. The note goes once all is back; else it stays for `--restore`.
    Status run();
    const std::vector<JobRow>& rows() const { return rows_; } // in start order

  private:
    Status put_back();
    Status start(std::vector<Wish> wishes);
    std::unique_ptr<Session>& session_;
    Fd& lock_;
    const RehearsalFile& file_;
    Rehearsal note_;
    bool quiet_;
    std::vector<JobRow> rows_;
};

} // namespace unitgate

// SPDX-License-Identifier: MIT
// The texts of STATUS=: one line, what `systemctl status` shows of a run. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "deploy/steps.hpp"
#include "gate/watch.hpp"

namespace unitgate {

// "deploying 5.1.1", "rolling back from 5.1.1 to 5.1.0", ... `failed_version` may be empty.
std::string phase_status(Phase phase, std::string_view version, std::string_view failed_version);

// "gate: try 12, last 502 from https://..., 14min 20s left"; during the gate of a rollback it begins with
// "rollback gate (5.1.1 failed): ". An `obstacle` (plan/obstacle) takes the place of the target.
std::string gate_status(const GateReport& report, std::string_view failed_version = {},
                        std::string_view obstacle = {});

// "up: 5.1.1"; "up: 5.1.0; 5.1.1 failed and is held"; `detail` ("version unknown: ...") may be empty, and
// `watch`, what watch_status() says.
std::string ready_status(std::string_view version, std::string_view failed_version,
                         std::string_view detail = {}, std::string_view watch = {});

// "watch: healthy for 3min", "watch: healthy, failed 2 of 3 times, last refused from tcp 127.0.0.1:80",
// "watch: unhealthy for 20s, last ...". Coarse, so that it does not change with every try.
std::string watch_status(const WatchReport& report, int failures);

// What ready_status() said, read back from the manager; nullopt where the text is no such status.
struct ReadyWords {
    std::string version, failed_version, detail; // the last two may be empty
    std::string watch{};                         // what watch_status() said; may be empty
    bool on_wanted() const { return failed_version.empty() && detail.empty(); }
};
std::optional<ReadyWords> read_ready_status(std::string_view text);

// What the status of a unit that is active says that a person should know. An
// app that a watch finds unhealthy, and a reload that has failed, leave their unit active.
struct BadNews {
    enum class Of { none, run, watch } of = Of::none;
    std::string text{};
};
BadNews bad_news(std::string_view text);

// "failed: unhealthy-on-latest: detail"
std::string failed_status(Reason reason, std::string_view detail);

} // namespace unitgate

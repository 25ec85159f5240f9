// SPDX-License-Identifier: MIT
#include "report/status.hpp"

#include "io/notify.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_target = 100; // leaves room in a status for what stands behind it

std::string or_unknown(std::string_view version) {
    return version.empty() ? "an unknown version" : std::string(version);
}

// "502", "refused", "passed"
std::string last_word(const TryResult& last) {
    if (last.passed()) return "passed";
    if (last.cause == Cause::status && last.status > 0) return std::to_string(last.status);
    return std::string(cause_name(last.cause));
}

// To ten seconds, to the minute, to the hour.
Duration coarse(Duration span) {
    using namespace std::chrono;
    if (span >= hours(1)) return floor<hours>(span);
    if (span >= minutes(1)) return floor<minutes>(span);
    return span - span % seconds(10);
}

} // namespace

std::string phase_status(Phase phase, std::string_view version, std::string_view failed_version) {
    std::string failed = failed_version.empty() ? "" : std::string(failed_version);
    switch (phase) {
    case Phase::version:
        return "finding the wanted version";
    case Phase::probe:
        return "trying whether " + or_unknown(version) + " is healthy already";
    case Phase::deploy:
        return "deploying " + or_unknown(version);
    case Phase::gate:
        return "gate: trying " + or_unknown(version);
    case Phase::rollback:
        return "rolling back" + (failed.empty() ? "" : " from " + failed) + " to " + or_unknown(version);
    case Phase::rollback_gate:
        return "rollback gate: trying " + or_unknown(version) +
               (failed.empty() ? "" : "; " + failed + " failed");
    case Phase::done:
        return "done";
    }
    return {};
}

std::string gate_status(const GateReport& report, std::string_view failed_version,
                        std::string_view obstacle) {
    std::string out =
        failed_version.empty() ? "gate: " : "rollback gate (" + std::string(failed_version) + " failed): ";
    const ProbeReport* shown = report.culprit();
    if (!shown)
        for (const auto& probe : report.probes) // nothing has failed: the one tried most tells the most
            if (!shown || probe.tries > shown->tries) shown = &probe;
    std::string left = format_duration(report.left) + " left";
    if (!shown || !shown->answered) return out + "first try, " + left;
    out += "try " + std::to_string(shown->tries) + ", last " + last_word(shown->last);
    if (!obstacle.empty()) return out + ", " + left + "; " + std::string(obstacle);
    return out + " from " + one_line(shown->target, longest_target) + ", " + left;
}

std::string ready_status(std::string_view version, std::string_view failed_version, std::string_view detail,
                         std::string_view watch) {
    std::string out = "up: " + or_unknown(version);
    if (!failed_version.empty()) out += "; " + std::string(failed_version) + " failed and is held";
    if (!watch.empty()) out += "; " + std::string(watch);
    if (!detail.empty()) out += "; " + std::string(detail);
    return out;
}

std::string watch_status(const WatchReport& report, int failures) {
    Duration since = coarse(report.since);
    std::string out = report.healthy ? "watch: healthy" : "watch: unhealthy";
    if (since > Duration(0)) out += " for " + format_duration(since);
    const ProbeReport* culprit = report.failures > 0 ? report.probing.culprit() : nullptr;
    if (!culprit) return out;
    if (report.healthy)
        out += ", failed " + std::to_string(report.failures) + " of " + std::to_string(failures) + " times";
    return out + ", last " + last_word(culprit->last) + " from " + one_line(culprit->target, longest_target);
}

std::optional<ReadyWords> read_ready_status(std::string_view text) {
    constexpr std::string_view begin = "up: ", watching = "watch: ", held = " failed and is held";
    if (!text.starts_with(begin)) return std::nullopt;
    text.remove_prefix(begin.size());
    ReadyWords words;
    auto next = [&] {
        auto end = text.find("; ");
        std::string_view part = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
        return part;
    };
    words.version = next(); // a version may hold "; " only in theory: then the rest becomes the detail
    std::string_view rest = text;
    if (std::string_view part = next(); part.ends_with(held)) {
        words.failed_version = part.substr(0, part.size() - held.size());
        rest = text;
    }
    if (rest.starts_with(watching)) {
        text = rest;
        words.watch = next();
        rest = text;
    }
    words.detail = rest;
    return words;
}

BadNews bad_news(std::string_view text) {
    if (text.starts_with("failed: ")) return {BadNews::Of::run, "its last run " + std::string(text)};
    auto words = read_ready_status(text);
    if (words && words->watch.starts_with("watch: unhealthy")) return {BadNews::Of::watch, words->watch};
    return {};
}

std::string failed_status(Reason reason, std::string_view detail) {
    std::string out = "failed: " + std::string(reason_name(reason));
    if (!detail.empty()) out += ": " + std::string(detail);
    return out;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "report/job_lines.hpp"

#include "base/text.hpp"
#include "report/status.hpp"

namespace unitgate {

namespace {

// "gate: try 12, last 502 from https://..., 14min left" without what changes with each try.
std::string without_count(std::string_view status) {
    auto gate = status.find("gate");
    auto last = status.find("last "), left = status.rfind(", ");
    if (gate == std::string_view::npos || last == std::string_view::npos || left == std::string_view::npos ||
        left < last)
        return std::string(status);
    return "gate " + std::string(status.substr(last, left - last));
}

std::string ended_line(const JobRow& row, bool rolled_back, JobLine::Tone& tone) {
    auto words = read_ready_status(row.state.status_text);
    std::string up = row.progress == Progress::left_alone ? "already up" : "up";
    if (words) up += ": " + words->version;
    if (words && !words->failed_version.empty())
        up = (rolled_back ? "rolled back to " : "held back at ") + words->version + ": " +
             words->failed_version + " failed and is held";
    if (words && !words->detail.empty()) up += "; " + words->detail;
    const std::string bad = bad_news(row.state.status_text).text;
    if (!bad.empty()) up += "; " + bad;
    if (!bad.empty() || (words && !words->on_wanted())) tone = JobLine::Tone::warning;
    return up;
}

} // namespace

JobVerdict verdict_of(const JobRow& row) {
    switch (row.progress) {
    case Progress::stopped:
        return JobVerdict::stopped;
    case Progress::skipped:
        return JobVerdict::skipped;
    case Progress::up:
    case Progress::left_alone: {
        auto words = read_ready_status(row.state.status_text);
        return words && !words->on_wanted() && !row.is_current ? JobVerdict::not_wanted : JobVerdict::up;
    }
    default:
        return JobVerdict::failed;
    }
}

std::string_view verdict_word(JobVerdict verdict) {
    switch (verdict) {
    case JobVerdict::up:
        return "up";
    case JobVerdict::not_wanted:
        return "not-wanted";
    case JobVerdict::stopped:
        return "stopped";
    case JobVerdict::skipped:
        return "skipped";
    case JobVerdict::failed:
        break;
    }
    return "failed";
}

bool is_rollback_status(std::string_view status_text) {
    return status_text.starts_with("rolling back") || status_text.starts_with("rollback gate");
}

JobLine job_line(const JobRow& row, const std::vector<std::string>& waits_for, bool rolled_back) {
    JobLine line;
    const std::string& status = row.state.status_text;
    std::string verb(job_word(row.wish.kind));
    std::string doing = verb + (verb == "stop" ? "ping" : "ing");
    switch (row.progress) {
    case Progress::looking:
        line.text = "looking";
        break;
    case Progress::asking:
    case Progress::queued:
        line.text = "queued";
        if (!waits_for.empty()) {
            line.text = "waiting for " + in_quotes(waits_for[0]);
            if (waits_for.size() > 1) line.text += " and " + std::to_string(waits_for.size() - 1) + " more";
        }
        break;
    case Progress::running:
        // A status of an earlier start stays until the new one speaks.
        line.text =
            status.empty() || status.starts_with("up: ") || status.starts_with("failed: ") ? doing : status;
        break;
    case Progress::settling:
        line.text = "its job has ended";
        break;
    case Progress::up:
    case Progress::left_alone:
        line.tone = JobLine::Tone::good;
        line.text = ended_line(row, rolled_back, line.tone);
        break;
    case Progress::stopped:
        line.text = row.detail.empty() ? "stopped" : row.detail;
        break;
    case Progress::skipped:
        line.tone = JobLine::Tone::warning;
        line.text = "skipped: " + row.detail;
        break;
    case Progress::failed:
        line.tone = JobLine::Tone::bad;
        line.text = row.detail.starts_with("failed") ? row.detail : "failed: " + row.detail;
        break;
    }
    line.text = escape_controls(line.text);
    line.key = row.is_decided() ? line.text : without_count(line.text);
    return line;
}

Json job_json(const JobRow& row) {
    auto words = read_ready_status(row.state.status_text);
    double seconds = std::chrono::duration<double>(row.ended - row.began).count();
    return Json::object()
        .set("unit", row.wish.unit)
        .set("verdict", verdict_word(verdict_of(row)))
        .set("was_up", row.progress == Progress::left_alone)
        .set("detail", text_or_null(row.detail))
        .set("active_state", text_or_null(row.state.active_state))
        .set("status", text_or_null(row.state.status_text))
        .set("version", words ? text_or_null(words->version) : Json())
        .set("failed_version", words ? text_or_null(words->failed_version) : Json())
        .set("seconds", seconds < 0 ? 0.0 : seconds)
        .set("invocation_id", text_or_null(row.state.invocation_id));
}

} // namespace unitgate

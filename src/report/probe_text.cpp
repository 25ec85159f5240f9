// SPDX-License-Identifier: MIT
#include "report/probe_text.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/text.hpp"
#include "gate/evidence.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_value = 120;

std::string shortened(const std::string& text) {
    return text.size() <= longest_value ? text : text.substr(0, longest_value) + "...";
}

double seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

std::string date(WallTime at) {
    std::time_t time = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts));
}

// Where a try's time went: each part from the end of the one before it.
struct Part {
    std::string_view name, key; // key: of --json
    Duration took;
};
std::vector<Part> parts_of(const HttpTrace& trace, Duration total) {
    std::vector<Part> parts;
    Duration before{0};
    auto add = [&](std::string_view name, std::string_view key, Duration at) {
        if (at <= Duration(0) || at < before) return;
        parts.push_back({name, key, at - before});
        before = at;
    };
    add("name", "name", trace.looked_up);
    // libcurl before 8 says that it is connected only when the handshake is over.
    bool together = trace.secured > Duration(0) && trace.secured - trace.connected < Duration(20);
    if (!together) add("connect", "connect", trace.connected);
    if (together)
        add("connect and TLS", "connect_and_tls", trace.secured);
    else
        add("TLS", "tls", trace.secured);
    add("first byte", "first_byte", trace.first_byte);
    if (trace.first_byte > Duration(0)) add("rest", "rest", total);
    return parts;
}

std::string certificate_text(const HttpCertificate& certificate, WallTime now) {
    std::string text = certificate.subject + ", issued by " + certificate.issuer;
    if (!certificate.not_after) return text;
    auto days = std::chrono::duration_cast<std::chrono::hours>(*certificate.not_after - now).count() / 24;
    if (*certificate.not_after < now) return text + ", expired on " + date(*certificate.not_after);
    return text + ", valid until " + date(*certificate.not_after) + ", " + std::to_string(days) +
           (days == 1 ? " more day" : " more days");
}

std::string compared_text(const Compared& one) {
    std::string got = one.got.empty() ? "nothing" : in_quotes(shortened(one.got));
    return one.what + ": want " + in_quotes(shortened(one.wanted)) + ", got " + got +
           (one.matches ? "" : "  <- differs");
}

Json parts_json(const std::vector<Part>& parts) {
    if (parts.empty()) return {};
    Json json = Json::object();
    for (const Part& part : parts)
        json.set(part.key, seconds(part.took));
    return json;
}

Json certificate_json(const std::optional<HttpCertificate>& shown) {
    if (!shown) return {};
    return Json::object()
        .set("subject", shown->subject)
        .set("issuer", shown->issuer)
        .set("not_after", shown->not_after ? Json(date(*shown->not_after)) : Json());
}

Json compared_json(const std::vector<Compared>& all) {
    if (all.empty()) return {};
    Json json = Json::array();
    for (const Compared& one : all)
        json.push(Json::object()
                      .set("what", one.what)
                      .set("wanted", one.wanted)
                      .set("got", text_or_null(shortened(one.got)))
                      .set("matches", one.matches));
    return json;
}

const char* verdict(const TryResult& result) {
    return result.passed() ? "pass  " : "FAIL  ";
}

std::string outcome(const ProbeShown& probe) {
    const TryResult& result = probe.result;
    std::string text(result.passed() ? "" : cause_name(result.cause));
    if (result.status) text += (text.empty() ? "" : " ") + std::to_string(result.status);
    return text;
}

} // namespace

std::string fine_duration(Duration span) {
    if (span >= std::chrono::seconds(1)) return format_duration(span);
    char text[32];
    std::snprintf(text, sizeof text, "%.*fms", span < std::chrono::milliseconds(10) ? 2 : 1,
                  seconds(span) * 1000);
    return text;
}

std::string probe_text(const ProbeShown& probe, WallTime now) {
    if (!probe.untried.empty())
        return "not tried  " + probe.name + "  " + probe.target + "\n  " + probe.untried + "\n";
    const TryResult& result = probe.result;
    std::string text =
        verdict(result) + probe.name + "  " + probe.target + "  " + fine_duration(result.took) + "\n";
    if (!result.passed() || !result.detail.empty()) {
        text += "  " + std::string(cause_name(result.cause));
        text += result.detail.empty() ? "\n" : ": " + result.detail + "\n";
    }
    if (result.evidence) {
        std::vector<std::string> parts;
        for (const Part& part : parts_of(result.evidence->trace, result.took))
            parts.push_back(std::string(part.name) + " " + fine_duration(part.took));
        if (!parts.empty()) text += "  time: " + join(parts, ", ") + "\n";
        if (const auto& certificate = result.evidence->trace.certificate)
            text += "  certificate: " + certificate_text(*certificate, now) + "\n";
        for (const Compared& one : result.evidence->compared)
            text += "  " + compared_text(one) + "\n";
        for (std::string_view line : split(trim(result.evidence->output), '\n'))
            if (!line.empty()) text += "  printed: " + std::string(line) + "\n";
    }
    if (!probe.curl.empty()) text += "  " + probe.curl + "\n";
    return text;
}

// Every key each time, so that a script need not ask which are there: null says that there is no such thing.
Json probe_json(const ProbeShown& probe) {
    const bool tried = probe.untried.empty();
    const TryResult& result = probe.result;
    const Evidence none;
    const Evidence& evidence = tried && result.evidence ? *result.evidence : none;
    return Json::object()
        .set("name", probe.name)
        .set("target", probe.target)
        .set("passed", probe.passed())
        .set("untried", text_or_null(probe.untried))
        .set("cause", tried && !result.passed() ? Json(cause_name(result.cause)) : Json())
        .set("status", tried && result.status ? Json(result.status) : Json())
        .set("detail", tried ? text_or_null(result.detail) : Json())
        .set("seconds", tried ? Json(seconds(result.took)) : Json())
        .set("parts", parts_json(parts_of(evidence.trace, result.took)))
        .set("certificate", certificate_json(evidence.trace.certificate))
        .set("compared", compared_json(evidence.compared))
        .set("output", text_or_null(evidence.output))
        .set("curl", text_or_null(probe.curl));
}

std::string probe_line(const ProbeShown& probe) {
    if (!probe.untried.empty()) return "not tried  " + probe.name + "  " + probe.untried;
    std::string text = verdict(probe.result) + probe.name;
    if (auto what = outcome(probe); !what.empty()) text += "  " + what;
    text += "  " + fine_duration(probe.result.took);
    if (!probe.result.detail.empty()) text += "  " + probe.result.detail;
    return text;
}

void ProbeSum::add(const std::vector<ProbeShown>& probes) {
    ++made_;
    rows_.resize(probes.size());
    for (std::size_t i = 0; i < probes.size(); ++i) {
        Row& row = rows_[i];
        row.name = probes[i].name;
        ++row.tries;
        if (probes[i].passed()) {
            ++row.passed;
            row.took.push_back(probes[i].result.took);
        } else {
            ++row.causes[probes[i].untried.empty() ? outcome(probes[i]) : "not tried"];
        }
    }
}

std::optional<ProbeSum::Times> ProbeSum::Row::times() const {
    if (took.empty()) return std::nullopt;
    auto sorted = took;
    std::sort(sorted.begin(), sorted.end());
    return Times{sorted.front(), sorted[sorted.size() / 2], sorted.back()};
}

std::string ProbeSum::text() const {
    std::string text;
    for (const Row& row : rows_) {
        text += row.name + "  " + std::to_string(row.passed) + "/" + std::to_string(row.tries);
        if (auto times = row.times())
            text += "  min " + fine_duration(times->min) + ", median " + fine_duration(times->median) +
                    ", max " + fine_duration(times->max);
        for (const auto& [cause, number] : row.causes)
            text += "  " + cause + " " + std::to_string(number);
        text += "\n";
    }
    if (has_enough()) return text;
    return text + "interrupted: " +
           (wanted_ ? std::to_string(made_) + " of " + std::to_string(*wanted_) + " tries were made\n"
                    : "no try was made\n");
}

Json ProbeSum::json() const {
    Json rows = Json::array();
    for (const Row& row : rows_) {
        Json causes = Json::object();
        for (const auto& [cause, number] : row.causes)
            causes.set(cause, static_cast<std::int64_t>(number));
        auto times = row.times();
        auto time = [&](Duration Times::*which) { return times ? Json(seconds((*times).*which)) : Json(); };
        rows.push(Json::object()
                      .set("name", row.name)
                      .set("tries", static_cast<std::int64_t>(row.tries))
                      .set("passed", static_cast<std::int64_t>(row.passed))
                      .set("min", time(&Times::min))
                      .set("median", time(&Times::median))
                      .set("max", time(&Times::max))
                      .set("causes", causes));
    }
    return rows;
}

} // namespace unitgate

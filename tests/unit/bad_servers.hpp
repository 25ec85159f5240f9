// SPDX-License-Identifier: MIT
// One try of an HTTP probe against a bad server, with what it cost: whether the verdict came in time, by the
// loop's own order of events and by the clock, and how much memory it took. For the tables of bad servers.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>

#include "catch.hpp"
#include "gate_server.hpp"
#include "io/bad_server.hpp"
#include "io/curl.hpp"

namespace unitgate::test {

using Do = ServerStep::Do;

constexpr Duration hang = 100ms; // the time-out where a server hangs
// A verdict may be this late, and a try may take this much memory at its height.
constexpr Duration grace = 50ms;
constexpr long most_memory = 1 << 20;
// Of the first tries some stays for good: tables of libcurl and OpenSSL, pages of their code and of this
// program's. Measured with libcurl 7.88 and OpenSSL 3.0: 0.8 MiB after the first try of a process, 4.0 MiB if
// that was over TLS, and 1.1 MiB at most after the first one of a bad server behind that.
constexpr long most_kept = 2 << 20, most_kept_of_tls = 6 << 20;

// AddressSanitizer does not give back what is freed.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNITGATE_KEEPS_FREED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(UNITGATE_KEEPS_FREED)
constexpr bool keeps_freed = true;
#else
constexpr bool keeps_freed = false;
#endif

struct Outcome {
    Cause cause = Cause::none;
    int status = 0;
    bool in_time = false; // the verdict came before the loop's timer at time-out + grace
    Duration late{0};     // after the time-out, by the clock: here a callback that blocks the loop shows
    long memory = 0;      // bytes at the height of the try more than before it; -1: this kernel can't tell
    long first = 0;       // the same of this server's first try
    long warm_up = 0;     // and of the healthy server's, the first of the process
    bool is_punctual() const { return in_time && late <= grace; }
};

// A line of /proc/self/status in KiB.
inline long status_line(const char* name) {
    std::FILE* file = std::fopen("/proc/self/status", "re");
    char line[256];
    long value = -1;
    while (file && std::fgets(line, sizeof line, file))
        if (std::strncmp(line, name, std::strlen(name)) == 0) value = std::atol(line + std::strlen(name));
    if (file) std::fclose(file);
    return value;
}

// proc(5): 5 sets the peak back to what is resident now.
inline bool reset_peak() {
    Fd file(open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC));
    return file && write(file.get(), "5", 1) == 1;
}

inline Outcome try_and_measure(const HttpProbe& probe, Duration timeout) {
    Outcome outcome;
    Event event = Event::create().value();
    auto prober = prober_of(event, probe, timeout);
    malloc_trim(0);
    bool can_tell = reset_peak();
    long before = status_line("VmRSS:");
    bool over_due = false;
    Instant began = Clock::now();
    // Served only when nothing else is due: a loop that is behind sees the verdict first, if that was in
    // time.
    sd_event_source* timer = nullptr;
    auto due = std::chrono::duration_cast<Duration>((began + timeout + grace).time_since_epoch()).count();
    auto note = [](sd_event_source*, std::uint64_t, void* flag) {
        return *static_cast<bool*>(flag) = true, 0;
    };
    sd_event_add_time(event.get(), &timer, CLOCK_MONOTONIC, static_cast<std::uint64_t>(due), 1, note,
                      &over_due);
    sd_event_source_set_priority(timer, SD_EVENT_PRIORITY_IDLE);
    TryResult result = try_once(*prober, event);
    outcome.late = std::chrono::duration_cast<Duration>(Clock::now() - began) - timeout;
    outcome.in_time = !over_due;
    sd_event_source_unref(timer);
    outcome.cause = result.cause;
    outcome.status = result.status;
    outcome.memory = can_tell && before >= 0 ? (status_line("VmHWM:") - before) * 1024 : -1;
    return outcome;
}

// What libcurl itself takes is none of a server's doing: a gate loads it at the first answer that is not
// plain.
inline void load_libcurl() {
    auto event = Event::create();
    HttpRequest request;
    request.url = "https://127.0.0.1/";
    if (!event || !HttpTransfer::create(*event, std::move(request))) throw std::runtime_error("no libcurl");
}

// In a child, after a try of `healthy` and a first one of `probe`: those bring in the code and the tables
// that the second one needs, which is measured. If a try takes seconds, the first may do.
inline Outcome measure(const HttpProbe& probe, Duration timeout, const HttpProbe& healthy,
                       bool only_first = false) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) throw std::runtime_error("no pipe");
    Fd from(ends[0]), to(ends[1]);
    pid_t child = fork();
    if (child == 0) {
        try {
            load_libcurl();
            const long warm_up = try_and_measure(healthy, 10s).memory;
            Outcome outcome = try_and_measure(probe, timeout);
            const long first = std::exchange(outcome.memory, 0);
            if (!only_first) outcome = try_and_measure(probe, timeout);
            // A busy machine may make one late; what is late by itself is so each time.
            for (int again = 0; again < 2 && !outcome.is_punctual(); ++again)
                outcome = try_and_measure(probe, timeout);
            outcome.first = first;
            outcome.warm_up = warm_up;
            _exit(write(to.get(), &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
        } catch (...) {
            _exit(1);
        }
    }
    to.reset();
    Outcome outcome;
    ssize_t size = read(from.get(), &outcome, sizeof outcome);
    waitpid(child, nullptr, 0);
    if (size != sizeof outcome) throw std::runtime_error("the try came to no result");
    return outcome;
}

// Measures, and judges what holds for a try of whatever server. Where memory can't be told, it is -1: the
// case with the tag [memory] counts as skipped there and says so.
inline Outcome check_try(const char* what, const HttpProbe& probe, Duration timeout, Cause want,
                         const HttpProbe& healthy, bool only_first = false) {
    Outcome got = measure(probe, timeout, healthy, only_first);
    INFO(what << ": status " << got.status << ", late " << got.late.count() << " us, memory " << got.memory
              << ", at first " << got.first << ", before " << got.warm_up);
    CHECK(cause_name(got.cause) == cause_name(want));
    CHECK(got.in_time);
    CHECK(got.late <= grace);
    if (keeps_freed) return got;
    CHECK(got.memory <= most_memory);
    CHECK(got.first <= most_kept);
    CHECK(got.warm_up <= (healthy.url.starts_with("https:") ? most_kept_of_tls : most_kept));
    return got;
}

struct BadServerRow {
    const char* what;
    Cause want;
    ServerScript script;
    Duration timeout = 10s; // short where the server hangs for ever; else no luck must be needed
    std::function<void(HttpProbe&)> change = {};
};

// Tries each row; with an authority over TLS, as "app.invalid".
inline void check_rows(const std::vector<BadServerRow>& rows, const ThrowawayAuthority* authority = nullptr,
                       const ServerTls& tls = {}) {
    Duration latest{0};
    long largest = 0;
    auto identity_with = [&](const ServerTls& with) {
        return authority ? std::optional(authority->identity("app.invalid", with).value()) : std::nullopt;
    };
    auto probe_at = [&](const BadServer& server) {
        HttpProbe probe;
        probe.url = authority ? "https://app.invalid/" : "http://app.invalid/";
        probe.connect = server.address();
        if (authority) probe.ca = authority->path();
        return probe;
    };
    ServerScript well = {{Do::read}, {Do::send, http(200, "")}, {Do::again}};
    if (authority) well.insert(well.begin(), {Do::handshake});
    const auto good = identity_with({}), other = identity_with(tls);
    BadServer healthy = BadServer::start(well, good ? &*good : nullptr).value();
    const HttpProbe warm = probe_at(healthy);
    for (const BadServerRow& row : rows) {
        BadServer server = BadServer::start(row.script, other ? &*other : nullptr).value();
        HttpProbe probe = probe_at(server);
        if (row.change) row.change(probe);
        Outcome got = check_try(row.what, probe, row.timeout, row.want, warm);
        if (got.cause == Cause::timeout) latest = std::max(latest, got.late);
        largest = std::max(largest, got.memory);
    }
    CAPTURE(rows.size(), latest.count(),
            largest); // with -s: the latest verdict in us, the most memory in bytes
    CHECK(rows.size() > 0);
}

} // namespace unitgate::test

// SPDX-License-Identifier: MIT
#include "io/event.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>
#include <variant>

#include "io/systemd_library.hpp"

namespace unitgate {

namespace {

using Plain = std::function<void()>;
using Io = std::function<void(std::uint32_t)>;
using Child = std::function<void(int, int)>;

constexpr int callback_threw = -9999; // no exit code of a verb; loop() turns it into an error

std::uint64_t microseconds_of(Instant at) {
    auto count = std::chrono::ceil<std::chrono::microseconds>(at.time_since_epoch()).count();
    return static_cast<std::uint64_t>(count > 0 ? count : 0);
}

} // namespace

int guard_callback(sd_event* event, const std::function<void()>& body) {
    try {
        body();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "unitgate: internal error: %s\n", error.what());
        if (event) libsystemd().sd_event_exit(event, callback_threw);
    } catch (...) {
        if (event) libsystemd().sd_event_exit(event, callback_threw);
    }
    return 0;
}

// `owner` outlives the Source when a callback destroys its own Source: the trampoline holds a reference.
struct Source::Handler {
    struct Body {
        std::variant<Plain, Io, Child> callback;
    };
    sd_event_source* source = nullptr;
    std::shared_ptr<Body> body;

    template <class F, class... Args>
    static int call(sd_event_source* source, void* data, Args... args) {
        std::shared_ptr<Body> alive = static_cast<Handler*>(data)->body;
        return guard_callback(libsystemd().sd_event_source_get_event(source),
                              [&] { std::get<F>(alive->callback)(args...); });
    }
};

void Source::Free::operator()(Handler* handler) const {
    libsystemd().sd_event_source_disable_unref(handler->source);
    delete handler;
}

void Event::Free::operator()(sd_event* event) const {
    libsystemd().sd_event_unref(event);
}

Result<Event> Event::create() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    Event made;
    sd_event* raw = nullptr;
    if (int r = libsystemd().sd_event_new(&raw); r < 0) return fail_errno("cannot make an event loop", -r);
    made.event_.reset(raw);
    return made;
}

Result<int> Event::loop() {
    int r = libsystemd().sd_event_loop(event_.get());
    if (r == callback_threw) return fail("internal error in the event loop");
    if (r < 0) return fail_errno("the event loop broke", -r);
    return r;
}

Status Event::run_until(const std::function<bool()>& done) const {
    while (!done()) {
        int r = libsystemd().sd_event_run(event_.get(), UINT64_MAX);
        if (r < 0) return fail_errno("the event loop broke", -r);
        if (libsystemd().sd_event_get_state(event_.get()) != SD_EVENT_FINISHED) continue;
        int code = 0;
        libsystemd().sd_event_get_exit_code(event_.get(), &code);
        return fail(code == callback_threw ? "internal error in the event loop" : "the event loop has ended");
    }
    return {};
}

void Event::exit(int code) {
    libsystemd().sd_event_exit(event_.get(), code);
}

Result<Source> add_timer(const Event& event, Instant at, Plain callback, Duration accuracy) {
    Source made;
    made.source_.reset(new Source::Handler{
        nullptr, std::make_shared<Source::Handler::Body>(Source::Handler::Body{std::move(callback)})});
    int r = libsystemd().sd_event_add_time(
        event.get(), &made.source_->source, CLOCK_MONOTONIC, microseconds_of(at),
        static_cast<std::uint64_t>(accuracy.count() > 0 ? accuracy.count() : 1),
        [](sd_event_source* s, std::uint64_t, void* data) { return Source::Handler::call<Plain>(s, data); },
        made.source_.get());
    if (r < 0) return fail_errno("cannot set a timer", -r);
    return made;
}

Status set_timer(Source& timer, Instant at) {
    sd_event_source* source = timer.source_->source;
    int r = libsystemd().sd_event_source_set_time(source, microseconds_of(at));
    if (r >= 0) r = libsystemd().sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    if (r < 0) return fail_errno("cannot set a timer", -r);
    return {};
}

Result<Source> add_io(const Event& event, int fd, std::uint32_t events, Io callback) {
    Source made;
    made.source_.reset(new Source::Handler{
        nullptr, std::make_shared<Source::Handler::Body>(Source::Handler::Body{std::move(callback)})});
    int r = libsystemd().sd_event_add_io(
        event.get(), &made.source_->source, fd, events,
        [](sd_event_source* s, int, std::uint32_t what, void* data) {
            return Source::Handler::call<Io>(s, data, what);
        },
        made.source_.get());
    if (r < 0) return fail_errno("cannot watch a file descriptor", -r);
    return made;
}

Result<Source> add_signal(const Event& event, int signal, Plain callback) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    Source made;
    made.source_.reset(new Source::Handler{
        nullptr, std::make_shared<Source::Handler::Body>(Source::Handler::Body{std::move(callback)})});
    int r = libsystemd().sd_event_add_signal(
        event.get(), &made.source_->source, signal,
        [](sd_event_source* s, const struct signalfd_siginfo*, void* data) {
            return Source::Handler::call<Plain>(s, data);
        },
        made.source_.get());
    // Before all else that is ready: a stop signals a whole control group, and the end of a child must not be
    // taken for the child's own failure.
    if (r >= 0)
        r = libsystemd().sd_event_source_set_priority(made.source_->source, SD_EVENT_PRIORITY_IMPORTANT);
    if (r < 0) return fail_errno("cannot watch a signal", -r);
    return made;
}

Result<Source> add_defer(const Event& event, Plain callback) {
    Source made;
    made.source_.reset(new Source::Handler{
        nullptr, std::make_shared<Source::Handler::Body>(Source::Handler::Body{std::move(callback)})});
    int r = libsystemd().sd_event_add_defer(
        event.get(), &made.source_->source,
        [](sd_event_source* s, void* data) { return Source::Handler::call<Plain>(s, data); },
        made.source_.get());
    if (r < 0) return fail_errno("cannot defer work", -r);
    return made;
}

Result<Source> add_child(const Event& event, int pid, Child callback) {
    Source made;
    made.source_.reset(new Source::Handler{
        nullptr, std::make_shared<Source::Handler::Body>(Source::Handler::Body{std::move(callback)})});
    int r = libsystemd().sd_event_add_child(
        event.get(), &made.source_->source, pid, WEXITED,
        [](sd_event_source* s, const siginfo_t* info, void* data) {
            return Source::Handler::call<Child>(s, data, info->si_code, info->si_status);
        },
        made.source_.get());
    if (r < 0) return fail_errno("cannot watch a child process", -r);
    return made;
}

Source needed(Result<Source> source) {
    if (!source) throw std::runtime_error(source.error().message);
    return *std::move(source);
}

void needed(const Status& done) {
    if (!done) throw std::runtime_error(done.error().message);
}

} // namespace unitgate

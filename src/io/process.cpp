// SPDX-License-Identifier: MIT
#include "io/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "io/orphans.hpp"
#include "io/process_spawn.hpp"
#include "io/process_tree.hpp"

namespace unitgate {

namespace {

// Read at one turn of the loop at most: a command that never stops printing must not keep the loop.
constexpr int reads_a_turn = 16;

// A look at /proc is no snapshot, so what is being killed is looked for again this often.
constexpr Duration look_again = std::chrono::milliseconds(50);

std::string signal_name(int signal) {
    const char* name = sigabbrev_np(signal);
    return name ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

} // namespace

std::string describe(const ProcessEnd& end, Duration timeout) {
    std::string memory = end.out_of_memory ? " (a process of it was killed for lack of memory)" : "";
    switch (end.how) {
    case ProcessEnd::How::exited:
        return "exited with status " + std::to_string(end.status) + memory;
    case ProcessEnd::How::killed:
        if (end.out_of_memory && end.status == SIGKILL) return "was killed for lack of memory";
        return "was killed by " + signal_name(end.status) + memory;
    case ProcessEnd::How::timed_out:
        return "took longer than " + format_duration(timeout) + " and was ended" + memory;
    case ProcessEnd::How::too_much_output:
        return "printed too much and was ended";
    case ProcessEnd::How::ended:
        return "was ended";
    }
    return "ended";
}

struct Process::State {
    const Event& event;
    ProcessOptions options;
    Done done;
    pid_t pid = -1;
    Fd output;
    ProcessEnd result;
    std::set<pid_t> not_ours; // children of this process that were there before
    std::optional<std::uint64_t> oom_kills_before;

    bool leader_ended = false;
    bool ending = false, killing = false, finished = false;
    std::set<pid_t> told;            // those that have been sent SIGTERM
    std::map<pid_t, Source> orphans; // direct children other than the leader, by their pidfd
    Source child, output_source, timeout, kill_timer, later;

    State(const Event& loop, const ProcessOptions& given, Done callback)
        : event(loop), options(given), done(std::move(callback)) {}

    Status watch();
    void on_leader_end(int code, int status);
    void read_output();
    void begin_end(ProcessEnd::How how, Duration grace);
    void kill_now();
    void look();
    bool is_orphan(const ProcessEntry& entry) const;
    void kill_marked() const;
    bool watch_orphan(pid_t orphan);
    void finish();
};

Result<std::unique_ptr<Process>> Process::start(const Event& event, const ProcessOptions& options,
                                                Done done) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1); // since Linux 3.4; without it orphans are merely not found
    auto state = std::make_unique<State>(event, options, std::move(done));
    if (options.mark.empty()) state->not_ours = children_here();
    state->oom_kills_before = oom_kills_here();
    Result<Spawned> spawned = spawn(options);
    if (!spawned) return tl::unexpected(spawned.error());
    state->pid = spawned->pid;
    state->output = std::move(spawned->output);
    leaders().insert(state->pid);
    std::unique_ptr<Process> process(new Process(std::move(state)));
    if (Status watched = process->state_->watch(); !watched) return tl::unexpected(watched.error());
    return process;
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}

Process::~Process() {
    leaders().erase(state_->pid);
    if (!state_->leader_ended) ::kill(-state_->pid, SIGKILL);
    if (!state_->finished && !state_->options.mark.empty()) state_->kill_marked();
}

void Process::end(Duration grace) {
    state_->begin_end(ProcessEnd::How::ended, grace);
}

Status Process::State::watch() {
    Result<Source> source =
        add_child(event, pid, [this](int code, int status) { on_leader_end(code, status); });
    if (!source) return tl::unexpected(source.error());
    child = std::move(*source);
    if (output) {
        source = add_io(event, output.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
        if (!source) return tl::unexpected(source.error());
        output_source = std::move(*source);
    }
    if (options.timeout > Duration::zero()) {
        source = add_timer(event, Clock::now() + options.timeout,
                           [this] { begin_end(ProcessEnd::How::timed_out, options.grace); });
        if (!source) return tl::unexpected(source.error());
        timeout = std::move(*source);
    }
    return {};
}

void Process::State::read_output() {
    char buffer[4096];
    for (int reads = 0; reads < reads_a_turn; ++reads) {
        ssize_t n = ::read(output.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) { // all ends closed, or broken: nothing more will come
            output_source.reset();
            return;
        }
        if (options.tail > 0) {
            result.output.append(buffer, static_cast<std::size_t>(n));
            if (result.output.size() > options.tail)
                result.output.erase(0, result.output.size() - options.tail);
            continue;
        }
        std::size_t room = options.capture - std::min(options.capture, result.output.size());
        result.output.append(buffer, std::min(room, static_cast<std::size_t>(n)));
        if (static_cast<std::size_t>(n) > room) {
            output_source.reset();
            begin_end(ProcessEnd::How::too_much_output, options.grace);
            return;
        }
    }
}

void Process::State::on_leader_end(int code, int status) {
    // What it wrote last may still lie in the pipe. Whoever else holds the pipe is not waited for.
    leader_ended = true;
    leaders().erase(pid);
    if (output_source) read_output();
    if (ending) return look();
    result.how = code == CLD_EXITED ? ProcessEnd::How::exited : ProcessEnd::How::killed;
    result.status = status;
    if (options.mark.empty()) return finish();
    ending = true;
    timeout.reset();
    ::kill(-pid, SIGKILL); // still a zombie: the number of its group is nobody else's
    Result<Source> timer = add_defer(event, [this] { kill_now(); }); // when it is reaped
    if (timer) later = std::move(*timer);
}

void Process::State::begin_end(ProcessEnd::How how, Duration grace) {
    if (ending || finished) return;
    ending = true;
    result.how = how;
    timeout.reset();
    if (!leader_ended) {
        // Looked at before the signal: what is forked after it has not been told, and must not count as told.
        for (const ProcessEntry& entry : all_processes())
            if (entry.group == pid) told.insert(entry.pid);
        ::kill(-pid, SIGTERM);
        ::kill(-pid, SIGCONT); // a stopped process would not see it
    }
    // The last wait of the loop: without a timer SIGKILL comes at once rather than never.
    Result<Source> timer = add_timer(event, Clock::now() + grace, [this] { kill_now(); });
    if (timer) kill_timer = std::move(*timer);
    killing = !timer;
    // From the loop, never from within end(): `done` may destroy the caller.
    timer = add_defer(event, [this] { look(); });
    if (timer) later = std::move(*timer);
}

void Process::State::kill_now() {
    killing = true;
    Result<Source> timer = add_timer(event, Clock::now() + look_again, [this] { kill_now(); });
    if (timer) kill_timer = std::move(*timer);
    look();
}

// Every orphan of this process ends up as our direct child, so none of it is left when no such child is.
void Process::State::look() {
    if (leader_ended && !has_children()) return finish(); // a look at all processes is dear
    std::vector<ProcessEntry> all = all_processes();
    bool left = !leader_ended;
    std::vector<pid_t> roots{};
    if (!leader_ended) roots.push_back(pid);
    for (const ProcessEntry& entry : all) {
        if (is_orphan(entry) && watch_orphan(entry.pid)) {
            left = true;
            roots.push_back(entry.pid);
        }
    }
    if (!left) return finish();
    if (killing && !leader_ended) ::kill(-pid, SIGKILL);
    auto tell = [&](pid_t one) {
        if (killing) {
            ::kill(one, SIGKILL);
        } else if (told.insert(one).second) {
            ::kill(one, SIGTERM);
            ::kill(one, SIGCONT);
        }
    };
    for (pid_t root : roots) {
        tell(root);
        for (const ProcessEntry& entry : descendants(all, root))
            if (!entry.zombie) tell(entry.pid);
    }
}

// One that has ended is nobody's any more: it is reaped, so that none piles up.
bool Process::State::is_orphan(const ProcessEntry& entry) const {
    if (entry.parent != ::getpid() || entry.pid == pid || not_ours.count(entry.pid)) return false;
    if (leaders().count(entry.pid) || (entry.group != pid && leaders().count(entry.group))) return false;
    return options.mark.empty() || entry.zombie || has_in_environment(entry.pid, options.mark);
}

void Process::State::kill_marked() const {
    std::vector<ProcessEntry> all = all_processes();
    for (const ProcessEntry& root : all) {
        if (root.zombie || (root.pid != pid && !is_orphan(root))) continue;
        ::kill(root.pid, SIGKILL);
        for (const ProcessEntry& entry : descendants(all, root.pid))
            ::kill(entry.pid, SIGKILL);
    }
}

// False when it has ended and is reaped.
bool Process::State::watch_orphan(pid_t orphan) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(orphan), &info, WEXITED | WNOHANG) < 0 || info.si_pid == orphan) {
        orphans.erase(orphan);
        return false;
    }
    if (orphans.count(orphan)) return true;
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, orphan, 0)));
    if (!pidfd) return true; // the timer of kill_now() comes back to it
    int fd = pidfd.get();
    auto held = std::make_shared<Fd>(std::move(pidfd)); // lives as long as its source
    Result<Source> source = add_io(event, fd, EPOLLIN, [this, orphan, held](std::uint32_t) {
        orphans.erase(orphan);
        look();
    });
    if (source) orphans.emplace(orphan, std::move(*source));
    return true;
}

void Process::State::finish() {
    auto oom_kills = oom_kills_here();
    result.out_of_memory =
        oom_kills && oom_kills_before && *oom_kills > *oom_kills_before && !result.succeeded();
    finished = true;
    child.reset();
    later.reset();
    output_source.reset();
    timeout.reset();
    kill_timer.reset();
    orphans.clear();
    Done callback = std::move(done);
    callback(std::move(result)); // may destroy this
}

} // namespace unitgate

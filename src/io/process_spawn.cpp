// SPDX-License-Identifier: MIT
#include "io/process_spawn.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/text.hpp"

namespace unitgate {

namespace {

std::string_view path_of(const std::vector<std::string>& environment) {
    for (std::string_view entry : environment)
        if (entry.substr(0, 5) == "PATH=") return entry.substr(5);
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// As execvp(3) searches, but in the child's PATH and before the fork, where the answer can be told in full.
Result<std::string> find_program(const ProcessOptions& options) {
    const std::string& name = options.command.front();
    if (name.find('/') != std::string::npos) return name;
    std::string_view path = path_of(options.environment);
    int denied = 0;
    for (std::string_view rest = path;;) {
        auto colon = rest.find(':');
        std::string folder(rest.substr(0, colon));
        // An empty entry means the current folder, which is no place to look for a program of root's.
        if (!folder.empty()) {
            std::string file = folder + "/" + name;
            struct stat info;
            if (::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
                if (::access(file.c_str(), X_OK) == 0) return file;
                denied = errno;
            }
        }
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    if (denied) return fail_errno("cannot run '" + name + "'", denied);
    tl::unexpected<Error> error =
        fail("cannot run '" + name + "': not found in PATH '" + std::string(path) + "'",
             "install it, or write its full path");
    error.value().code = ENOENT;
    return error;
}

struct Failure {
    enum Stage : int { setup, directory, execute } stage;
    int code;
};

struct ChildPlan {
    const char* file;
    char* const* argv;
    char* const* envp;
    const char* directory; // nullptr: stay
    int null, output, failures;
    pid_t parent;
    bool quiet, both;
};

void close_inherited(int keep) {
    // Marked rather than closed: `keep` must outlive this, and exec closes the rest.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    int end = limit.rlim_cur < 65536 ? static_cast<int>(limit.rlim_cur) : 65536;
    for (int fd = 3; fd < end; ++fd)
        if (fd != keep) ::close(fd);
}

// Runs in the child: only calls that are safe between fork and exec, no memory is allocated.
[[noreturn]] void become(const ChildPlan& plan) {
    auto give_up = [&](Failure::Stage stage) {
        Failure failure{stage, errno};
        [[maybe_unused]] ssize_t n = ::write(plan.failures, &failure, sizeof failure);
        ::_exit(127);
    };
    // The parent does the same: whoever comes first, the group exists before anyone signals it.
    ::setpgid(0, 0);
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) give_up(Failure::setup);
    if (::getppid() != plan.parent) ::_exit(127);
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL); // refused for SIGKILL and SIGSTOP, which is fine
    if (::dup2(plan.null, 0) < 0) give_up(Failure::setup);
    if (plan.output >= 0 && ::dup2(plan.output, 1) < 0) give_up(Failure::setup);
    if (plan.both && ::dup2(plan.output, 2) < 0) give_up(Failure::setup);
    if (plan.quiet && ::dup2(plan.null, 2) < 0) give_up(Failure::setup);
    close_inherited(plan.failures);
    if (plan.directory && ::chdir(plan.directory) < 0) give_up(Failure::directory);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(plan.file, plan.argv, plan.envp);
    give_up(Failure::execute);
    ::_exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const std::string& text : texts)
        all.push_back(const_cast<char*>(text.c_str())); // execve(2) does not write to them
    all.push_back(nullptr);
    return all;
}

// What the kernel's answer leaves open about a program that is there.
std::string exec_remedy(const std::string& file, int code) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return {};
    if (code == ENOEXEC) return "a script needs a first line such as '#!/bin/sh': no shell is put in between";
    if (code == ENOENT)
        return "the file is there: it is the program of its first line, or its loader, that is not";
    if (code == EACCES && S_ISREG(info.st_mode) && (info.st_mode & 0111) == 0)
        return "'chmod +x " + shell_word(file) + "' makes it a program";
    return {};
}

// What a child that has given up says.
tl::unexpected<Error> explain(const Failure& failure, const ProcessOptions& options,
                              const std::string& file) {
    if (failure.stage == Failure::directory)
        return fail_errno("cannot run '" + options.command.front() + "' in folder '" + options.directory +
                              "'",
                          failure.code);
    tl::unexpected<Error> error = fail_errno("cannot run '" + file + "'", failure.code);
    if (failure.stage == Failure::execute) error.value().remedy = exec_remedy(file, failure.code);
    return error;
}

} // namespace

Result<Spawned> spawn(const ProcessOptions& options) {
    if (options.command.empty() || options.command.front().empty())
        return fail("cannot run an empty command");
    const std::string& name = options.command.front();
    Result<std::string> file = find_program(options);
    if (!file) return tl::unexpected(file.error());

    Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return fail_errno("cannot open '/dev/null'", errno);
    int failures[2], output[2] = {-1, -1};
    if (::pipe2(failures, O_CLOEXEC) < 0) return fail_errno("cannot make a pipe", errno);
    Fd failures_in(failures[0]), failures_out(failures[1]);
    bool piped = options.capture > 0 || options.tail > 0;
    if (piped && ::pipe2(output, O_CLOEXEC) < 0) return fail_errno("cannot make a pipe", errno);
    Fd output_in(output[0]), output_out(output[1]);

    std::vector<char*> argv = pointers(options.command), envp = pointers(options.environment);
    ChildPlan plan{file->c_str(),      argv.data(),
                   envp.data(),        options.directory.empty() ? nullptr : options.directory.c_str(),
                   null.get(),         output_out.get(),
                   failures_out.get(), ::getpid(),
                   options.quiet,      options.tail > 0};
    // Blocked across the fork, so that no handler of this program runs in the child.
    sigset_t all, before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = ::fork();
    if (pid == 0) become(plan);
    int fork_error = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return fail_errno("cannot start '" + name + "'", fork_error);
    ::setpgid(pid, pid);
    failures_out.reset();

    // The pipe closes at exec: this wait is the time of an exec, as with posix_spawn(3).
    Failure failure{Failure::setup, 0};
    ssize_t n;
    do
        n = ::read(failures_in.get(), &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    if (n == static_cast<ssize_t>(sizeof failure)) {
        ::waitpid(pid, nullptr, 0);
        return explain(failure, options, *file);
    }
    Spawned spawned;
    spawned.pid = pid;
    if (output_in) {
        ::fcntl(output_in.get(), F_SETFL, O_NONBLOCK);
        spawned.output = std::move(output_in);
    }
    return spawned;
}

} // namespace unitgate

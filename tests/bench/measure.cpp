// SPDX-License-Identifier: MIT
// Runs a command N times and prints a line for each: wall time and CPU time in microseconds, peak memory in KiB.
// It is small on purpose: the peak that the kernel reports for a child includes that of the program it was
// forked from, so a benchmark in Python would measure Python.
// usage: measure N COMMAND [ARGUMENT...]; the command's standard output is dropped.
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long now() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static long long micros(const timeval& time) {
    return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    for (int left = std::atoi(argv[1]); left > 0; --left) {
        long long begin = now();
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        int status = 0;
        rusage usage{};
        if (wait4(child, &status, 0, &usage) < 0) return 1;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            std::fprintf(stderr, "measure: '%s' ended with wait status %#x\n", argv[2], status);
            return 1;
        }
        std::printf("%lld %lld %ld\n", now() - begin, micros(usage.ru_utime) + micros(usage.ru_stime),
                    usage.ru_maxrss);
    }
    return 0;
}

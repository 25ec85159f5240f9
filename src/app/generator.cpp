// SPDX-License-Identifier: MIT
// The systemd generator: `generate` under another name, with systemd's arguments and the kernel log, for at
// boot nothing else is there to write to.
#include <fcntl.h>
#include <unistd.h>

#include "app/generate.hpp"
#include "app/output.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

// One record of the kernel log each, kept under its limit of about 1,000 bytes (dev-kmsg of the kernel's
// ABI).
class KernelLog {
  public:
    KernelLog() : fd_(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY)) {}

    void write(Severity severity, std::string_view message) {
        std::string text = "unitgate-generator: " + escape_controls(message).substr(0, 900) + "\n";
        std::string record = (severity == Severity::error ? "<3>" : "<4>") + text;
        // A container may have no kernel log, or one that may not be written.
        if (!fd_ || ::write(fd_.get(), record.data(), record.size()) < 0) print_to_stderr(text);
    }

  private:
    Fd fd_;
};

// "/etc/unitgate/specs/proxy.toml:3:1: unknown key 'intervall'; did you mean 'interval'?"
std::string with_remedy(const Diagnostic& one) {
    std::string text = one.path;
    if (one.line > 0) text += ":" + std::to_string(one.line) + ":" + std::to_string(one.column);
    if (!text.empty()) text += ": ";
    text += one.cause;
    return one.remedy.empty() ? text : text + "; " + one.remedy;
}

} // namespace

bool is_generator(std::string_view program) {
    return program.substr(program.find_last_of('/') + 1) == "unitgate-generator";
}

int run_generator(const std::vector<std::string>& arguments) {
    if (arguments.size() != 1 && arguments.size() != 3) {
        print_error({"systemd calls this with the folders NORMAL EARLY LATE",
                     "type 'unitgate generate --to DIR'", 0});
        return exit_usage;
    }
    KernelLog log;
    // The late folder has the lowest rank of all: no spec hides a unit that was installed.
    auto all = generate(SpecPath{}, {}, arguments.back());
    if (!all) {
        log.write(Severity::error, all.error().message);
        return exit_failure;
    }
    // The kernel takes few records in a row from one program: the count comes first.
    if (all->diagnostics.size() > 1)
        log.write(has_errors(all->diagnostics) ? Severity::error : Severity::warning,
                  std::to_string(all->diagnostics.size()) +
                      " findings in specs; 'unitgate verify' shows all");
    for (const Diagnostic& one : all->diagnostics)
        log.write(one.severity, with_remedy(one));
    return all->units.written.empty() && !all->units.errors.empty() ? exit_failure : exit_success;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/exec_probe.hpp"

#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "gate/evidence.hpp"
#include "io/environment.hpp"
#include "io/process.hpp"

namespace unitgate {

namespace {

constexpr std::size_t shown_output = 4096; // bytes

// What commands have cost that have ended and been waited for. Those of other probes are in it, so that a
// probe may be taken for dearer than it is, and is then tried less often.
Duration children_cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    auto span = [](const timeval& part) {
        return std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
    };
    return span(usage.ru_utime) + span(usage.ru_stime);
}

class ExecProber : public Prober {
  public:
    ExecProber(const Event& event, std::vector<std::string> command, Duration timeout)
        : event_(event), environment_(for_commands(inherited_environment())) {
        options_.command = std::move(command);
        options_.directory = "/";
        options_.timeout = timeout;
        options_.grace = Duration(0); // a try has to end in its time
        options_.tail = shown_output;
    }

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        static unsigned long tries = 0;
        began_ = Clock::now();
        spent_ = children_cpu_time();
        environment_["UNITGATE_TRY"] = std::to_string(::getpid()) + "-" + std::to_string(++tries);
        options_.environment = entries_of(environment_);
        options_.mark = "UNITGATE_TRY=" + environment_["UNITGATE_TRY"];
        done_ = std::move(done);
        auto process = Process::start(event_, options_, [this](ProcessEnd end) {
            process_.reset();
            std::exchange(done_, nullptr)(judge(end)); // may destroy this
        });
        if (process) {
            process_ = *std::move(process);
            return std::nullopt;
        }
        done_ = nullptr;
        return timed(failed_for(Cause::exec, process.error().message));
    }
    void inspect() override { inspects_ = true; }
    std::string target() const override { return "exec " + options_.command.front(); }

  private:
    TryResult judge(const ProcessEnd& end) const {
        TryResult result;
        if (end.how == ProcessEnd::How::timed_out)
            result = failed_for(Cause::timeout, "the command " + describe(end, options_.timeout));
        else if (!end.succeeded())
            result = failed_for(Cause::exec, "the command " + describe(end, options_.timeout));
        if (inspects_) {
            Evidence evidence;
            evidence.output = end.output;
            result.evidence = std::make_shared<Evidence>(std::move(evidence));
        }
        return timed(std::move(result));
    }

    TryResult timed(TryResult result) const {
        result.took = std::chrono::duration_cast<Duration>(Clock::now() - began_);
        result.cost = children_cpu_time() - spent_;
        return result;
    }

    const Event& event_;
    std::map<std::string, std::string> environment_;
    ProcessOptions options_;
    bool inspects_ = false;
    std::unique_ptr<Process> process_; // of a try in flight
    std::function<void(TryResult)> done_;
    Instant began_{};
    Duration spent_{0};
};

} // namespace

std::unique_ptr<Prober> make_exec_prober(const Event& event, const ExecProbe& probe, Duration timeout,
                                         const Expansion& expansion) {
    return std::make_unique<ExecProber>(event, expand(probe.command, expansion), timeout);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "app/rehearse_apps.hpp"

#include "app/output.hpp"
#include "deploy/command.hpp"
#include "deploy/state.hpp"
#include "gate/gate.hpp"
#include "io/environment.hpp"
#include "report/gate_facts.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_output = std::size_t{1} << 20; // of a [stop] command
constexpr Duration stop_grace = std::chrono::seconds(5);

Result<std::string> last_good_version(const Spec& spec, const std::string& state_folder) {
    auto state = StateStore(state_folder, spec.name).load();
    if (!state) return tl::unexpected(state.error());
    if (!state->last_good) return fail("nothing of it has passed its gate yet");
    return state->last_good->version;
}

Result<Expansion> last_good_expansion(const Spec& spec, const std::string& state_folder) {
    auto version = last_good_version(spec, state_folder);
    if (!version) return tl::unexpected(version.error());
    return make_expansion(spec.version, *version);
}

// One app being tried. Stays where it is: its gate calls back.
struct Trying {
    AppTry found;
    std::unique_ptr<Gate> gate;
    bool over = false;

    Status begin(Event& event, const std::string& state_folder) {
        auto expansion = last_good_expansion(*found.spec, state_folder);
        if (!expansion) return tl::unexpected(expansion.error());
        auto credentials = read_credentials(*found.spec);
        if (!credentials) return tl::unexpected(credentials.error());
        Gate::Callbacks callbacks;
        callbacks.done = [this](const GateReport& report) {
            over = true;
            found.state = report.passed ? AppTry::State::up : AppTry::State::down;
            if (!report.passed) found.detail = gate_detail(report);
        };
        auto made = Gate::create(event, found.spec->gate, found.spec->gate.timeout, *expansion, *credentials,
                                 std::move(callbacks));
        if (!made) return tl::unexpected(made.error());
        gate = std::move(*made);
        gate->try_once();
        return {};
    }
};

} // namespace

std::string_view app_state_word(AppTry::State state) {
    switch (state) {
    case AppTry::State::up:
        return "up";
    case AppTry::State::down:
        return "down";
    case AppTry::State::unknown:
        break;
    }
    return "unknown";
}

Result<std::vector<AppTry>> try_apps(Event& event, const std::vector<const Spec*>& specs,
                                     const std::string& state_folder) {
    std::vector<Trying> all(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
        all[i].found.spec = specs[i];
        if (auto begun = all[i].begin(event, state_folder); !begun) {
            all[i].found.detail = begun.error().message;
            all[i].over = true;
        }
    }
    auto ran = event.run_until([&] {
        for (const Trying& one : all)
            if (!one.over) return false;
        return true;
    });
    if (!ran) return tl::unexpected(ran.error());
    std::vector<AppTry> found;
    for (Trying& one : all)
        found.push_back(std::move(one.found));
    return found;
}

Result<std::vector<std::string>> stop_apps(Session& session, const std::vector<const Spec*>& specs,
                                           const std::string& state_folder) {
    std::vector<std::string> wrong;
    const auto inherited = inherited_environment();
    for (auto at = specs.rbegin(); at != specs.rend() && !session.is_interrupted(); ++at) {
        const Spec& spec = **at;
        if (spec.stop_command.empty()) continue;
        auto say = [&](const std::string& why) {
            wrong.push_back("the app of '" + spec.name + "' could not be taken down: " + why);
        };
        auto expansion = last_good_expansion(spec, state_folder);
        if (!expansion) {
            say(expansion.error().message);
            continue;
        }
        ProcessOptions options = stop_command(
            spec, *expansion, run_environment(spec, {expansion->version, ""}, inherited, &*expansion));
        options.capture = longest_output;
        std::optional<ProcessEnd> end;
        auto process =
            Process::start(session.event(), options, [&](ProcessEnd how) { end = std::move(how); });
        if (!process) {
            say(process.error().message);
            continue;
        }
        bool ending = false;
        auto ran = session.event().run_until([&] {
            if (session.is_interrupted() && !std::exchange(ending, true)) (*process)->end(stop_grace);
            return end.has_value();
        });
        if (!ran) return tl::unexpected(ran.error());
        print_to_stderr(end->output);
        if (!end->succeeded()) say("'" + options.command[0] + "' " + describe(*end, options.timeout));
    }
    return wrong;
}

} // namespace unitgate

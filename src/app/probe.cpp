// SPDX-License-Identifier: MIT
// `unitgate probe NAME`: the gate tried now, with all that a try met on its way.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>
#include <optional>

#include "app/gate_inputs.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "gate/evidence.hpp"
#include "io/event.hpp"
#include "report/curl_command.hpp"
#include "report/probe_text.hpp"
#include "report/redact.hpp"

namespace unitgate {

namespace {

// Tries over and over: as often as --count says, with --watch until Ctrl-C.
struct Repeat {
    std::optional<std::size_t> times;
    std::optional<Duration> every; // none: the gate's interval
};

// Nothing where one try of each probe is asked for.
Result<std::optional<Repeat>> repeat_of(const Invocation& invocation) {
    Repeat repeat;
    if (invocation.has("watch") && invocation.has("count"))
        return fail("'--watch' and '--count' do not go together",
                    "type '--count N' for N tries, or '--watch' to try until Ctrl-C");
    if (invocation.has("count")) {
        std::string text = invocation.value("count");
        std::size_t times = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), times);
        if (error != std::errc() || end != text.data() + text.size() || times == 0)
            return fail("'--count' needs a number of tries, not '" + text + "'",
                        "write it as in '--count 6'");
        repeat.times = times;
    }
    if (invocation.has("every")) {
        auto every = parse_duration(invocation.value("every"));
        if (!every || *every == Duration(0))
            return fail("'--every' needs a time span, not '" + invocation.value("every") + "'",
                        "write it as in '--every 10s'");
        repeat.every = *every;
    }
    if (repeat.times || invocation.has("watch")) return repeat;
    if (repeat.every)
        return fail("'--every' needs '--watch' or '--count': one try is not repeated",
                    "write it as in '--count 6 --every 10s'");
    return std::nullopt;
}

std::string time_of_day() {
    std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char text[sizeof "00:00:00"] = "";
    return std::strftime(text, sizeof text, "%H:%M:%S", &parts) ? text : "";
}

class Probing {
  public:
    Probing(Event& event, const Spec& spec, GateInputs inputs, const Invocation& invocation)
        : event_(event), spec_(spec), inputs_(std::move(inputs)), invocation_(invocation),
          section_(possible_probes(spec, inputs_)) {
        redactor_.hide_secrets_of(spec, inputs_.credentials);
    }

    int once() {
        auto probes = try_all();
        if (!probes) return failed(probes.error());
        int printed = invocation_.json ? print(json_of(*probes).dump(2) + "\n")
                                       : print_long(text_of(*probes), invocation_.pager);
        return printed == exit_success && passed_ ? exit_success : exit_failure;
    }

    int over_and_over(const Repeat& repeat) {
        bool stop = false, all_passed = true;
        std::vector<Source> signals;
        for (int signal : {SIGINT, SIGTERM})
            signals.push_back(needed(add_signal(event_, signal, [&] { stop = true; })));
        ProbeSum sum(repeat.times);
        const Duration every = repeat.every.value_or(spec_.gate.interval);
        Instant next = Clock::now();
        while (!stop && sum.made() != sum.wanted()) {
            if (sum.made() > 0 && !wait_until(next += every, stop)) break;
            auto probes = try_all(&stop);
            if (!probes) return failed(probes.error());
            if (stop) break;
            next = std::max(next, Clock::now() - every); // none is made up for
            all_passed = all_passed && passed_;
            sum.add(*probes);
            if (show_line(*probes) != exit_success) return exit_failure;
        }
        // What was not tried has not passed.
        const bool passed = all_passed && sum.has_enough();
        int printed = print(invocation_.json ? closing(sum, passed).dump() + "\n" : sum.text());
        return printed == exit_success && passed ? exit_success : exit_failure;
    }

  private:
    // One try of each probe, side by side; `stop` ends it early.
    Result<std::vector<ProbeShown>> try_all(const bool* stop = nullptr) {
        std::vector<ProbeShown> shown;
        if (section_.probes.empty()) {
            passed_ = false;
            return with_untried({});
        }
        bool over = false;
        GateReport report;
        Gate::Callbacks callbacks;
        callbacks.done = [&](const GateReport& last) {
            report = last;
            over = true;
        };
        auto gate = Gate::create(event_, section_, section_.timeout, inputs_.expansion, inputs_.credentials,
                                 std::move(callbacks), {}, inputs_.manager);
        if (!gate) return tl::unexpected(gate.error());
        (*gate)->inspect();
        (*gate)->try_once();
        auto ran = event_.run_until([&] { return over || (stop && *stop); });
        if (!ran) return tl::unexpected(ran.error());
        passed_ = report.passed &&
                  std::none_of(spec_.gate.probes.begin(), spec_.gate.probes.end(), [&](const Probe& probe) {
                      return inputs_.untried.contains(probe.name) && spec_.gate.needs(probe);
                  });
        return with_untried(report.probes);
    }

    // In the order of the spec.
    std::vector<ProbeShown> with_untried(const std::vector<ProbeReport>& tried) {
        std::vector<ProbeShown> all;
        for (const Probe& probe : spec_.gate.probes) {
            ProbeShown& shown = all.emplace_back();
            shown.name = probe.name;
            const auto* http = std::get_if<HttpProbe>(&probe.check);
            shown.target = probe_target(probe);
            if (http) shown.curl = curl_command(*http, inputs_.expansion, spec_.gate.timeout);
            if (const auto* swarm = std::get_if<SwarmProbe>(&probe.check))
                shown.curl = curl_command(*swarm, spec_.gate.timeout);
            for (const ProbeReport& one : tried)
                if (one.name == probe.name) {
                    shown.target = one.target;
                    shown.result = clean(one.last);
                }
            if (auto why = inputs_.untried.find(probe.name); why != inputs_.untried.end())
                shown.untried = redactor_.clean(why->second);
        }
        for (const ProbeReport& one : tried)
            if (std::none_of(all.begin(), all.end(),
                             [&](const auto& each) { return each.name == one.name; })) {
                ProbeShown& shown = all.emplace_back(); // the app's main unit
                shown.name = one.name;
                shown.target = one.target;
                shown.result = clean(one.last);
            }
        return all;
    }

    TryResult clean(TryResult result) const {
        if (!result.evidence) return result;
        Evidence evidence = *result.evidence;
        for (Compared& one : evidence.compared)
            for (std::string* text : {&one.wanted, &one.got})
                *text = redactor_.clean(*text);
        evidence.output = redactor_.clean(evidence.output);
        result.evidence = std::make_shared<Evidence>(std::move(evidence));
        return result;
    }

    bool wait_until(Instant at, const bool& stop) {
        bool due = false;
        Source timer = needed(add_timer(event_, at, [&] { due = true; }));
        return event_.run_until([&] { return due || stop; }).has_value() && !stop;
    }

    std::string text_of(const std::vector<ProbeShown>& probes) const {
        std::string text = spec_.name;
        const Expansion& with = inputs_.expansion;
        if (!inputs_.version_from.empty()) text += " " + with.version + " (" + inputs_.version_from + ")";
        if (with.app_version != with.version) text += ", to the app itself " + with.app_version;
        text += "\n";
        for (const ProbeShown& probe : probes)
            text += probe_text(probe, std::chrono::system_clock::now());
        return text + (passed_ ? "the gate passes\n" : "the gate does not pass\n");
    }

    Json json_of(const std::vector<ProbeShown>& probes) const {
        Json list = Json::array();
        for (const ProbeShown& probe : probes)
            list.push(probe_json(probe));
        bool known = !inputs_.version_from.empty();
        return Json::object()
            .set("name", spec_.name)
            .set("version", known ? Json(inputs_.expansion.version) : Json())
            .set("version_from", known ? Json(inputs_.version_from) : Json())
            .set("passed", passed_)
            .set("probes", list);
    }

    Json closing(const ProbeSum& sum, bool passed) const {
        auto number = [](std::size_t count) { return Json(static_cast<std::int64_t>(count)); };
        return Json::object()
            .set("name", spec_.name)
            .set("passed", passed)
            .set("made", number(sum.made()))
            .set("wanted", sum.wanted() ? number(*sum.wanted()) : Json())
            .set("probes", sum.json());
    }

    int show_line(const std::vector<ProbeShown>& probes) const {
        if (invocation_.json) return print(json_of(probes).dump() + "\n");
        std::string text;
        for (const ProbeShown& probe : probes)
            text += time_of_day() + "  " + probe_line(probe) + "\n";
        return print(text);
    }

    Event& event_;
    const Spec& spec_;
    GateInputs inputs_;
    const Invocation& invocation_;
    GateSection section_;
    Redactor redactor_;
    bool passed_ = false; // the last round
};

} // namespace

int probe_verb(const Invocation& invocation) {
    auto repeat = repeat_of(invocation);
    if (!repeat) {
        print_error(repeat.error());
        return exit_usage;
    }
    const std::string& name = invocation.arguments.front();
    LoadedSpecs loaded = load_spec(invocation.specs, name);
    const Spec* spec = loaded.find(name);
    if (!spec) return failed(loaded.diagnostics);
    auto event = Event::create();
    if (!event) return failed(event.error());
    auto inputs = find_gate_inputs(*event, *spec, invocation, LookUpWanted::if_mentioned);
    if (!inputs) return failed(inputs.error());
    Probing probing(*event, *spec, *std::move(inputs), invocation);
    return *repeat ? probing.over_and_over(**repeat) : probing.once();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <random>
#include <set>

#include "plan/findings.hpp"
#include "plan/order.hpp"
#include "systemd/live_graph.hpp"

using namespace unitgate;

namespace {

using Texts = std::vector<std::string>;

// A manager that has loaded everything: what each unit says, and from the other end.
class Host {
  public:
    void add(const std::string& from, Relation relation, const std::string& to) {
        unit(from).others.emplace_back(relation, Texts{to});
        (relation == Relation::after ? unit(to).later : unit(to).needed_by).push_back(from);
    }
    void add(const Spec& spec) {
        const std::string& name = spec.unit.name;
        unit(name);
        for (const auto& other : spec.unit.after)
            add(name, Relation::after, other.value);
        for (const auto& other : spec.unit.requires_)
            add(name, Relation::requires_, other.value);
        for (const auto& other : spec.unit.wants)
            add(name, Relation::wants, other.value);
        for (const auto& target : spec.unit.wanted_by) {
            add(target.value, Relation::wants, name);
            add(target.value, Relation::after, name);
        }
        for (const char* early : {"sysinit.target", "basic.target"})
            add(name, Relation::after, early);
        add(name, Relation::requires_, "sysinit.target");
    }
    LiveUnit& unit(const std::string& name) {
        LiveUnit& one = units_[name];
        if (one.names.empty()) {
            one.names = {name};
            one.load_state = "loaded";
        }
        return one;
    }
    void alias(const std::string& other, const std::string& own) {
        unit(own).names.push_back(other);
        aliases_[other] = own;
    }

    // What is told of the units that a walk asks about, each once.
    LiveUnits walk(const std::vector<Spec>& specs, Extent extent) {
        LiveUnits told;
        std::set<std::string> asked;
        LiveWalk walk(specs, {}, extent);
        for (Texts names = walk.take_names(); !names.empty(); names = walk.take_names())
            for (const auto& name : names) {
                auto alias = aliases_.find(name);
                const LiveUnit one = unit(alias == aliases_.end() ? name : alias->second);
                walk.take(name, one);
                CHECK(asked.insert(name).second);
                told.insert_or_assign(one.names[0], one);
            }
        return told;
    }

  private:
    std::map<std::string, LiveUnit> units_;
    std::map<std::string, std::string> aliases_;
};

Spec deploy_unit(const std::string& name) {
    Spec one;
    one.name = name;
    one.unit.name = "deploy-" + name + ".service";
    one.serves = {{"https://" + name + ".example/", {}}};
    return one;
}

void ask(Spec& spec, const std::string& name) {
    HttpProbe probe;
    probe.url = "https://" + name + ".example/";
    spec.gate.probes.push_back({"asks-" + name, {}, probe});
}

void wait_for(Spec& spec, const std::string& unit) {
    UnitProbe probe;
    probe.unit = unit;
    spec.gate.probes.push_back({"waits-" + unit, {}, probe});
}

std::string findings(const LiveUnits& units, const std::vector<Spec>& specs) {
    return format_diagnostics(find_problems(make_live_graph(units, specs), specs, true));
}

// What `start` goes by: which deploy unit waits for which.
std::vector<std::vector<std::size_t>> waves(const LiveUnits& units, const std::vector<Spec>& specs) {
    return make_order(make_live_graph(units, specs), specs, {}).waves;
}

// A host's boot: early units in a row, and the targets.
void furnish(Host& host) {
    for (int i = 0; i < 20; ++i) {
        std::string early = "early-" + std::to_string(i) + ".service";
        if (i) host.add(early, Relation::after, "early-" + std::to_string(i - 1) + ".service");
        host.add("sysinit.target", Relation::wants, early);
        host.add("sysinit.target", Relation::after, early);
    }
    host.add("basic.target", Relation::requires_, "sysinit.target");
    host.add("basic.target", Relation::after, "sysinit.target");
    host.add("multi-user.target", Relation::requires_, "basic.target");
    host.add("multi-user.target", Relation::after, "basic.target");
    host.add("multi-user.target", Relation::wants, "deploy.target");
    host.add("multi-user.target", Relation::after, "deploy.target");
    host.alias("default.target", "multi-user.target");
}

} // namespace

TEST_CASE("a walk to what waits asks nothing about the early boot") {
    Host host;
    furnish(host);
    std::vector<Spec> specs{deploy_unit("a"), deploy_unit("b")};
    specs[1].unit.after = {{"deploy-a.service", {}}};
    for (auto& spec : specs) {
        spec.unit.wanted_by = {{"deploy.target", {}}};
        host.add(spec);
    }
    CHECK(host.walk(specs, Extent::whole).size() == 26);
    auto narrow = host.walk(specs, Extent::what_waits);
    Texts names;
    for (const auto& [name, unit] : narrow)
        names.push_back(name);
    CHECK(names == Texts{"deploy-a.service", "deploy-b.service", "deploy.target", "multi-user.target"});
}

TEST_CASE("a walk to what waits finds a deadlock that leads through units of others") {
    Host host;
    furnish(host);
    std::vector<Spec> specs{deploy_unit("proxy"), deploy_unit("site")};
    ask(specs[0], "site");
    specs[1].unit.after = {{"late.target", {}}};
    host.add("late.target", Relation::after, "later.target");
    host.add("later.target", Relation::after, "deploy-proxy.service");
    host.add("multi-user.target", Relation::wants, "late.target");
    host.add("late.target", Relation::wants, "later.target");
    for (auto& spec : specs) {
        spec.unit.wanted_by = {{"deploy.target", {}}};
        host.add(spec);
    }
    std::string found = findings(host.walk(specs, Extent::what_waits), specs);
    CHECK(found.find("[gate-deadlock]") != std::string::npos);
    CHECK(found == findings(host.walk(specs, Extent::whole), specs));
}

TEST_CASE("a walk to what waits leads to the findings of the whole, whatever the host looks like") {
    std::mt19937 dice(20261126);
    auto below = [&](std::size_t most) { return dice() % most; };
    std::map<std::string, int> codes;
    for (int round = 0; round < 500; ++round) {
        Host host;
        furnish(host);
        Texts units, deploys;
        for (std::size_t i = 0; i < 2 + below(4); ++i)
            deploys.push_back("deploy-" + std::string(1, static_cast<char>('a' + i)) + ".service");
        units = deploys;
        for (std::size_t i = 0; i < below(5); ++i)
            units.push_back("other-" + std::to_string(i) + (below(2) ? ".target" : ".service"));
        units.insert(units.end(), {"deploy.target", "early-3.service", "other.name.service"});
        host.alias("other.name.service", units[deploys.size()]);
        auto any = [&] { return units[below(units.size())]; };

        std::vector<Spec> specs;
        for (const auto& unit : deploys) {
            Spec spec = deploy_unit(unit.substr(7, 1));
            for (auto* names : {&spec.unit.after, &spec.unit.requires_, &spec.unit.wants})
                for (std::size_t i = below(3); i > 0; --i)
                    if (auto other = any(); other != unit) names->push_back({other, {}});
            if (below(4)) spec.unit.wanted_by = {{below(3) ? "deploy.target" : any(), {}}};
            for (std::size_t i = below(3); i > 0; --i)
                below(2) ? wait_for(spec, any()) : ask(spec, deploys[below(deploys.size())].substr(7, 1));
            specs.push_back(spec);
        }
        for (const auto& spec : specs)
            host.add(spec);
        constexpr Relation relations[] = {Relation::after, Relation::wants, Relation::requires_,
                                          Relation::binds_to};
        for (std::size_t i = below(8); i > 0; --i) {
            auto from = below(5) ? any() : "multi-user.target", to = any();
            if (from != to && from != "other.name.service" && to != "other.name.service")
                host.add(from, relations[below(4)], to);
        }
        if (below(4) == 0) host.unit(units[deploys.size()]).load_state = below(2) ? "masked" : "not-found";

        auto whole = host.walk(specs, Extent::whole), narrow = host.walk(specs, Extent::what_waits);
        std::string expected = findings(whole, specs);
        INFO("round " << round << "\n" << expected);
        REQUIRE(findings(narrow, specs) == expected);
        REQUIRE(waves(narrow, specs) == waves(whole, specs));
        for (const auto& one : find_problems(make_live_graph(whole, specs), specs, true))
            ++codes[one.code];
    }
    for (const char* code : {"gate-deadlock", "ordering-cycle", "soft-cycle", "server-not-started"})
        CHECK(codes[code] > 20); // else it has shown little
}

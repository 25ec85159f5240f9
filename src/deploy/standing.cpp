// SPDX-License-Identifier: MIT
#include "deploy/standing.hpp"

#include <memory>

#include "deploy/command.hpp"
#include "deploy/version.hpp"
#include "io/environment.hpp"

namespace unitgate {

namespace {

constexpr std::size_t most_at_once = 8;

Standing unknown(std::string detail) {
    Standing standing;
    standing.detail = std::move(detail);
    return standing;
}

} // namespace

std::string Standing::text() const {
    switch (kind) {
    case Kind::current:
        return "up to date: " + good;
    case Kind::behind:
        if (table_differs) return good + " is up, and its [deploy] has changed since";
        return wanted + " is wanted, " + good + " is up";
    case Kind::held:
        return wanted + " is wanted and held, it failed before" +
               (good.empty() ? "" : "; " + good + " is up");
    case Kind::never_good:
        return wanted + " is wanted, nothing has passed its gate yet";
    case Kind::unknown:
        break;
    }
    return detail;
}

Standing standing_of(const AppState& state, const std::string& wanted, const std::string& fingerprint) {
    Standing standing;
    standing.wanted = wanted;
    Release release{wanted, fingerprint};
    if (state.last_good) standing.good = state.last_good->version;
    if (state.last_good && *state.last_good == release) {
        standing.kind = Standing::Kind::current;
    } else if (state.held && state.held->release == release) {
        standing.kind = Standing::Kind::held;
    } else if (!state.last_good) {
        standing.kind = Standing::Kind::never_good;
    } else {
        standing.kind = Standing::Kind::behind;
        standing.table_differs = state.last_good->version == wanted;
    }
    return standing;
}

Result<std::vector<Standing>> find_standings(Event& event, const std::vector<const Spec*>& specs,
                                             const std::string& state_folder) {
    std::vector<Standing> standings(specs.size());
    std::vector<std::unique_ptr<VersionLookup>> lookups(specs.size());
    const auto environment = inherited_environment();
    std::size_t next = 0, open = 0;
    auto start = [&](std::size_t i) {
        const Spec& spec = *specs[i];
        auto state = StateStore(state_folder, spec.name).load();
        if (!state) {
            standings[i] = unknown(state.error().message);
            return;
        }
        auto done = [&standings, &open, &spec, i, state = *state](const Result<std::string>& version) {
            --open;
            standings[i] = version ? standing_of(state, *version, spec.deploy.fingerprint)
                                   : unknown("the wanted version is not known: " + version.error().message);
        };
        std::string good = state->last_good ? state->last_good->version : "";
        lookups[i] = std::make_unique<VersionLookup>(
            event, spec.version, run_environment(spec, {"", good}, environment, nullptr), done);
        if (auto started = lookups[i]->start(); started)
            ++open;
        else
            standings[i] = unknown("the wanted version is not known: " + started.error().message);
    };
    auto ran = event.run_until([&] {
        while (next < specs.size() && open < most_at_once)
            start(next++);
        return next == specs.size() && open == 0;
    });
    if (!ran) return tl::unexpected(ran.error());
    return standings;
}

} // namespace unitgate

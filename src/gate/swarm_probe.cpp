// SPDX-License-Identifier: MIT
#include "gate/swarm_probe.hpp"

#include <utility>

#include "base/json.hpp"
#include "gate/request_probe.hpp"

namespace unitgate {

namespace {

// A service's whole specification is in the answer, and the filter takes names that merely begin alike.
constexpr std::size_t longest_answer = 4 << 20;

std::optional<std::string> text_at(const Json& json, std::string_view pointer) {
    auto found = json.at_pointer(pointer);
    return found && *found ? (*found)->as_string() : std::nullopt;
}

std::optional<std::int64_t> number_at(const Json& json, std::string_view pointer) {
    auto found = json.at_pointer(pointer);
    return found && *found ? (*found)->as_integer() : std::nullopt;
}

// What it tells of a service.
struct Told {
    explicit Told(const Json& service)
        : running(number_at(service, "/ServiceStatus/RunningTasks")),
          desired(number_at(service, "/ServiceStatus/DesiredTasks")),
          update(text_at(service, "/UpdateStatus/State").value_or("")) {}
    std::optional<std::int64_t> running, desired;
    std::string update; // empty: there never was one
    // Until an update is done the replicas that run may be those of before.
    bool is_updating() const { return update == "updating" || update == "rollback_started"; }
    bool is_paused() const { return update == "paused" || update == "rollback_paused"; }
};

TryResult judge_replicas(const Told& told, int status) {
    const auto& [running, desired, update] = told;
    if (!running || !desired)
        return failed_for(Cause::docker, "the Docker Engine tells no replicas: it is older than 20.10",
                          status);
    if (*desired == 0) return failed_for(Cause::replicas, "the service is scaled to 0 replicas", status);
    if (*running != *desired)
        return failed_for(Cause::replicas,
                          std::to_string(*running) + " of " + std::to_string(*desired) + " replicas run",
                          status);
    if (told.is_updating())
        return failed_for(Cause::replicas, "an update of the service is under way", status);
    if (told.is_paused())
        return failed_for(Cause::replicas, "an update of the service has failed and is paused", status);
    return failed_for(Cause::none, {}, status);
}

} // namespace

TryResult judge_service(const std::string& service, const HttpAnswer& answer) {
    if (answer.status == 503)
        return failed_for(Cause::docker, "this host is no manager of a swarm", answer.status);
    if (answer.status != 200)
        return failed_for(Cause::docker, "the Docker Engine answers " + std::to_string(answer.status),
                          answer.status);
    auto all = answer.longer ? fail("it is too long") : Json::parse(answer.body);
    if (!all || !all->is_array())
        return failed_for(Cause::docker, "the answer is not one of a Docker Engine", answer.status);
    for (const Json& one : all->items())
        if (text_at(one, "/Spec/Name") == service) return judge_replicas(Told(one), answer.status);
    return failed_for(Cause::missing, "there is no such service", answer.status);
}

std::vector<Compared> compare_service(const std::string& service, const HttpAnswer& answer) {
    std::vector<Compared> all;
    auto list = Json::parse(answer.longer ? "" : answer.body);
    if (!list) return all;
    for (const Json& one : list->items()) {
        if (text_at(one, "/Spec/Name") != service) continue;
        Told told(one);
        auto number = [](std::optional<std::int64_t> of) { return of ? std::to_string(*of) : std::string(); };
        bool some = told.desired && *told.desired > 0;
        all.push_back({"replicas", some ? number(told.desired) : "at least 1", number(told.running),
                       some && told.running == told.desired});
        if (!told.update.empty())
            all.push_back({"update", "completed", told.update, !told.is_updating() && !told.is_paused()});
        break;
    }
    return all;
}

std::string swarm_url(const std::string& service) {
    return "http://docker/services?status=true&filters=%7B%22name%22%3A%5B%22" + service +
           "%22%5D%7D"; // {"name":["SERVICE"]}
}

Result<std::unique_ptr<Prober>> make_swarm_prober(const Event& event, const SwarmProbe& probe,
                                                  Duration timeout) {
    HttpRequest request;
    request.url = swarm_url(probe.service);
    request.socket = probe.socket;
    request.keep_body = true;
    request.body_limit = longest_answer;
    auto judge = [service = probe.service](const HttpAnswer& answer) {
        return judge_service(service, answer);
    };
    auto compare = [service = probe.service](const HttpAnswer& answer) {
        return compare_service(service, answer);
    };
    return make_request_prober(event, std::move(request), probe_target({{}, {}, probe}), 0, {judge, compare},
                               timeout);
}

} // namespace unitgate

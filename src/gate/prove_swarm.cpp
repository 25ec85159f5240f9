// SPDX-License-Identifier: MIT
// Docker Engines in the place of the real one.
#include "base/json.hpp"
#include "gate/proof_answers.hpp"
#include "gate/prove_services.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;

ServerScript says(int status, const std::string& body) {
    return {{Do::read},
            {Do::send, answer_text({status, body, "Content-Type: application/json\r\n"})},
            {Do::again}};
}

Json service(const std::string& name, int running, int desired) {
    return Json::object()
        .set("Spec", Json::object().set("Name", name))
        .set("ServiceStatus", Json::object().set("RunningTasks", running).set("DesiredTasks", desired));
}

ServerScript lists(Json one) {
    return says(200, Json::array().push(std::move(one)).dump());
}

} // namespace

ServerCases swarm_cases(const SwarmProbe& probe) {
    ServerCases all;
    const std::string& name = probe.service;
    add_connections(all, Do::read, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{");
    all.push_back(broken("answers 500", says(500, "{}")));
    all.push_back(broken("is no manager of a swarm", says(503, "{}")));
    all.push_back(broken("answers what is no HTTP",
                         {{Do::read_some}, {Do::send, "SSH-2.0-OpenSSH_9.2\r\n"}, {Do::half_close}}));
    all.push_back(broken("has no such service", says(200, "[]")));
    all.push_back(broken("has a service of another name", lists(service(name + "-other", 1, 1))));
    all.push_back(wrong_answer("runs 0 of 1 replicas", lists(service(name, 0, 1))));
    all.push_back(wrong_answer("has the service scaled to 0", lists(service(name, 0, 0))));
    Json updating = service(name, 1, 1);
    updating.set("UpdateStatus", Json::object().set("State", "updating"));
    all.push_back(wrong_answer("is in the middle of an update", lists(updating)));
    all.push_back(healthy_copy("a healthy copy: runs 1 of 1 replicas", lists(service(name, 1, 1))));
    return all;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/grpc_probe.hpp"

#include <utility>

#include "gate/grpc_health.hpp"
#include "gate/request.hpp"
#include "gate/request_probe.hpp"

namespace unitgate {

Result<std::unique_ptr<Prober>> make_grpc_prober(const Event& event, const GrpcProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials) {
    GrpcProbe asked = probe;
    if (asked.url.ends_with('/')) asked.url.pop_back();
    asked.url += "/grpc.health.v1.Health/Check";
    auto request = make_request(asked, expansion, credentials);
    if (!request) return tl::unexpected(request.error());
    request->http2 = true;
    request->method = "POST";
    request->body = health_request(probe.service);
    request->headers.insert(request->headers.begin(), {"Content-Type: application/grpc", "TE: trailers"});
    request->wanted_headers = {"content-type", "grpc-status"};
    request->keep_body = true;
    AnswerRules rules{judge_health, compare_health};
    return make_request_prober(event, *std::move(request), probe_target({{}, {}, probe}), probe.min_days_left,
                               std::move(rules), timeout);
}

} // namespace unitgate

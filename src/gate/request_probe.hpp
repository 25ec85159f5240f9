// SPDX-License-Identifier: MIT
// A probe that makes one request a try and judges the answer: what HTTP, gRPC and swarm probes have in
// common. While nothing listens it makes a plain connection instead, which costs a tenth of a request, and
// hands the first one that succeeds over to the request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gate/evidence.hpp"
#include "gate/prober.hpp"
#include "io/curl.hpp"

namespace unitgate {

struct AnswerRules {
    std::function<TryResult(const HttpAnswer&)> judge;               // of an answer without a failure
    std::function<std::vector<Compared>(const HttpAnswer&)> compare; // the same for a person; may be empty
};

// `min_days_left` as of the endpoint, 0: no rule; judged where the answer is right. Fails where libcurl is
// needed (see HttpTransfer::create()) and can't be loaded.
Result<std::unique_ptr<Prober>> make_request_prober(const Event& event, HttpRequest request,
                                                    std::string target, int min_days_left, AnswerRules rules,
                                                    Duration timeout);

// Whole days are counted. Pure.
TryResult judge_expiry(const std::optional<HttpCertificate>& certificate, int min_days_left, WallTime now);
// The same for a person. Pure.
Compared compare_expiry(const std::optional<HttpCertificate>& certificate, int min_days_left, WallTime now);

} // namespace unitgate

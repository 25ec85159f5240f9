// SPDX-License-Identifier: MIT
#include "gate/http_probe.hpp"

#include <utility>

#include "gate/judge.hpp"
#include "gate/request.hpp"
#include "gate/request_probe.hpp"
#include "spec/url.hpp"

namespace unitgate {

Result<std::unique_ptr<Prober>> make_http_prober(const Event& event, const HttpProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials) {
    auto made = Judge::create(probe, expansion);
    if (!made) return tl::unexpected(made.error());
    auto request = make_request(probe, expansion, credentials);
    if (!request) return tl::unexpected(request.error());
    auto body = expand_credentials(expand(probe.request_body, expansion), credentials);
    if (!body) return fail_with("cannot use 'request_body'", body.error());
    request->method = probe.method;
    request->body = *std::move(body);
    if (!probe.version_header.empty()) request->wanted_headers = {probe.version_header};
    request->keep_body = made->wants_body();
    std::string target = url_without_secrets(request->url);
    auto judge = std::make_shared<const Judge>(*std::move(made)); // std::function copies what it holds
    AnswerRules rules{[judge](const HttpAnswer& answer) { return judge->judge(answer); },
                      [judge](const HttpAnswer& answer) { return judge->compare(answer); }};
    return make_request_prober(event, *std::move(request), std::move(target), probe.min_days_left,
                               std::move(rules), timeout);
}

} // namespace unitgate

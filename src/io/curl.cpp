// SPDX-License-Identifier: MIT
#include "io/curl.hpp"

#include <algorithm>
#include <utility>

#include "io/curl_request.hpp"
#include "io/plain_exchange.hpp"

namespace unitgate {

struct HttpTransfer::State {
    const HttpRequest request;
    std::unique_ptr<CurlRequest> curl;
    std::unique_ptr<PlainExchange> plain; // while all answers were plain
    Duration timeout{0};
    Instant ends{};
    std::function<void(HttpAnswer)> done;

    void ask_curl(Fd connected) { curl->start(timeout, ends, std::move(connected), std::move(done)); }
    void on_plain(std::optional<HttpAnswer> answer);
};

// What was not plain is not likely to be so the next time.
void HttpTransfer::State::on_plain(std::optional<HttpAnswer> answer) {
    if (answer) return std::exchange(done, nullptr)(*std::move(answer));
    plain.reset();
    ask_curl(Fd());
}

HttpTransfer::HttpTransfer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTransfer::~HttpTransfer() = default;

Result<std::unique_ptr<HttpTransfer>> HttpTransfer::create(const Event& event, HttpRequest request) {
    auto state = std::make_unique<State>(State{std::move(request), {}, {}, {}, {}, {}});
    auto curl = CurlRequest::create(event, state->request);
    if (!curl) return tl::unexpected(curl.error());
    state->curl = *std::move(curl);
    state->plain = PlainExchange::create(event, state->request);
    return std::unique_ptr<HttpTransfer>(new HttpTransfer(std::move(state)));
}

const HttpRequest& HttpTransfer::request() const {
    return state_->request;
}

void HttpTransfer::trace() {
    state_->plain.reset();
    state_->curl->trace();
}

void HttpTransfer::reconnect() {
    state_->curl->reconnect();
}

void HttpTransfer::start(Duration timeout, Duration spent, Fd connected,
                         std::function<void(HttpAnswer)> done) {
    State& state = *state_;
    state.timeout = timeout;
    state.ends = Clock::now() + timeout - spent;
    state.done = std::move(done);
    if (!state.plain) return state.ask_curl(std::move(connected));
    state.plain->start(timeout, state.ends, std::move(connected),
                       [&state](std::optional<HttpAnswer> answer) { state.on_plain(std::move(answer)); });
}

const std::string* HttpAnswer::header(std::string_view name) const {
    auto found =
        std::find_if(headers.rbegin(), headers.rend(), [&](const auto& one) { return one.first == name; });
    return found == headers.rend() ? nullptr : &found->second;
}

} // namespace unitgate

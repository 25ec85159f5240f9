// SPDX-License-Identifier: MIT
#include "io/curl.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "io/curl_request.hpp"
#include "io/plain_exchange.hpp"

namespace unitgate {

namespace {

// Where a request goes. A plain exchange keeps a connection to itself, and a server that serves one at a time
// would never answer another request of the same gate.
using Destination = std::shared_ptr<const std::string>;

Destination destination_of(const HttpRequest& request) {
    thread_local std::map<std::string, std::weak_ptr<const std::string>> known;
    std::erase_if(known, [](const auto& one) { return one.second.expired(); });
    const std::size_t host = request.url.find("://") + 3;
    std::string text = request.url.substr(0, request.url.find_first_of("/?#", host)) + " " + request.socket +
                       " " + (request.connect ? request.connect->text() : "");
    Destination destination = known[text].lock();
    if (!destination) known[text] = destination = std::make_shared<const std::string>(text);
    return destination;
}

} // namespace

struct HttpTransfer::State {
    const Event& event;
    const HttpRequest request;
    const Destination destination;
    std::unique_ptr<PlainExchange> plain; // while all answers were plain
    std::unique_ptr<CurlRequest> curl;    // as soon as it is needed
    bool traced = false;
    Source soon;
    Duration timeout{0};
    Instant ends{};
    std::function<void(HttpAnswer)> done;

    Status load_curl();
    void ask_curl(Fd connected);
    void on_plain(std::optional<HttpAnswer> answer);
};

Status HttpTransfer::State::load_curl() {
    if (curl) return {};
    auto made = CurlRequest::create(event, request);
    if (!made) return tl::unexpected(made.error());
    curl = *std::move(made);
    if (traced) curl->trace();
    return {};
}

void HttpTransfer::State::ask_curl(Fd connected) {
    Status loaded = load_curl();
    if (loaded) return curl->start(timeout, ends, std::move(connected), std::move(done));
    soon = needed(add_defer(event, [this, why = with_remedy(loaded.error())] {
        HttpAnswer answer;
        answer.failure = HttpFailure::protocol;
        answer.detail = "libcurl is needed to ask it: " + why;
        std::exchange(done, nullptr)(std::move(answer)); // may destroy this
    }));
}

// What was not plain is not likely to be so the next time.
void HttpTransfer::State::on_plain(std::optional<HttpAnswer> answer) {
    if (answer) return std::exchange(done, nullptr)(*std::move(answer));
    plain.reset();
    ask_curl(Fd());
}

HttpTransfer::HttpTransfer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTransfer::~HttpTransfer() = default;

Result<std::unique_ptr<HttpTransfer>> HttpTransfer::create(const Event& event, HttpRequest request) {
    Destination destination = request.only_connect ? nullptr : destination_of(request);
    auto state = std::make_unique<State>(
        State{event, std::move(request), std::move(destination), {}, {}, false, {}, {}, {}, {}});
    state->plain = PlainExchange::create(event, state->request);
    // Of two to one place, neither will be plain.
    if (!state->plain || state->destination.use_count() > 1)
        if (Status loaded = state->load_curl(); !loaded) return tl::unexpected(loaded.error());
    return std::unique_ptr<HttpTransfer>(new HttpTransfer(std::move(state)));
}

const HttpRequest& HttpTransfer::request() const {
    return state_->request;
}

void HttpTransfer::trace() {
    state_->plain.reset();
    if (std::exchange(state_->traced, true)) return;
    if (state_->curl) return state_->curl->trace();
    static_cast<void>(state_->load_curl()); // not within a try; where it fails, each try says so
}

void HttpTransfer::reconnect() {
    if (state_->curl) state_->curl->reconnect();
}

void HttpTransfer::start(Duration timeout, Duration spent, Fd connected,
                         std::function<void(HttpAnswer)> done) {
    State& state = *state_;
    state.timeout = timeout;
    state.ends = Clock::now() + timeout - spent;
    state.done = std::move(done);
    if (state.destination.use_count() > 1) state.plain.reset();
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

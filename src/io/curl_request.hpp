// SPDX-License-Identifier: MIT
// One request, or one connection, of libcurl. What io/curl.hpp says of an HttpTransfer holds for this; it
// makes each request as HTTP of libcurl's own. Called by io/curl and io/plain_exchange.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "io/plain_connection.hpp"

namespace unitgate {

class CurlRequest : public PlainConnection {
  public:
    // Loads libcurl at the first call. `event` and `request` must outlive it.
    static Result<std::unique_ptr<CurlRequest>> create(const Event& event, const HttpRequest& request);
    ~CurlRequest() override;
    void trace();
    void reconnect();
    // As HttpTransfer::start().
    void start(Duration timeout, Instant ends, Fd connected, std::function<void(HttpAnswer)> done) override;

    // These are for a request with only_connect, once it has succeeded: its connection stays open for them
    // (CURLOPT_CONNECT_ONLY(3)).
    int active_socket() const override;
    bool send(std::string_view bytes) override;
    std::optional<std::size_t> receive(std::span<char> to) override;
    bool explain_lost(HttpAnswer& answer) const override;
    void close() override;

  private:
    struct State;
    explicit CurlRequest(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace unitgate

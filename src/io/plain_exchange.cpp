// SPDX-License-Identifier: MIT
#include "io/plain_exchange.hpp"

#include <array>
#include <utility>

#include <sys/epoll.h>

#include "io/curl_request.hpp"
#include "io/plain_socket.hpp"

namespace unitgate {

PlainExchange::PlainExchange(const Event& event, const HttpRequest& request, std::string bytes)
    : event_(event), request_(request), bytes_(std::move(bytes)) {}

std::unique_ptr<PlainExchange> PlainExchange::create(const Event& event, const HttpRequest& request) {
    auto bytes = plain_request(request);
    if (!bytes) return nullptr;
    std::unique_ptr<PlainExchange> made(new PlainExchange(event, request, *std::move(bytes)));
    if (PlainSocket::serves(request)) {
        made->connection_ = std::make_unique<PlainSocket>(event, request);
        return made;
    }
    made->connecting_ = request;
    made->connecting_.only_connect = true;
    auto connection = CurlRequest::create(event, made->connecting_);
    if (!connection) return nullptr;
    made->connection_ = *std::move(connection);
    return made;
}

void PlainExchange::start(Duration timeout, Instant ends, Fd connected,
                          std::function<void(std::optional<HttpAnswer>)> done) {
    done_ = std::move(done);
    if (readable_ && Clock::now() > used_at_ + request_.longest_idle) drop_connection();
    timeout_ = timeout;
    ends_ = ends;
    answer_.emplace(request_);
    if (readable_) look_at_idle(); // what waits to be read is no answer to what is yet to be asked
    is_kept_ = static_cast<bool>(readable_);
    if (!is_kept_) return connect(std::move(connected));
    send();
}

void PlainExchange::connect(Fd connected) {
    is_kept_ = false;
    connection_->start(timeout_, ends_, std::move(connected), [this](HttpAnswer answer) {
        if (answer.failure != HttpFailure::none) return finish(std::move(answer));
        if (connection_->active_socket() < 0) return finish(std::nullopt); // it is gone already
        readable_ = needed(
            add_io(event_, connection_->active_socket(), EPOLLIN, [this](std::uint32_t) { receive(); }));
        send();
    });
}

void PlainExchange::send() {
    // Most exchanges take a small part of their time-out, so the timer is let run from one to the next.
    if (!rings_at_ || *rings_at_ > ends_) set_timer_to(ends_);
    if (connection_->send(bytes_)) return;
    if (is_kept_) return connect_again();
    finish(std::nullopt);
}

// TLS has messages of its own, which are read here; none of the server's is due.
void PlainExchange::look_at_idle() {
    std::array<char, 1> byte;
    if (connection_->receive(byte) != 0) drop_connection();
}

void PlainExchange::receive() {
    if (!done_) return look_at_idle();
    std::array<char, 4096> buffer;
    for (;;) {
        auto count = connection_->receive(buffer);
        if (!count) return on_end();
        if (*count == 0) return;
        switch (answer_->take({buffer.data(), *count})) {
        case PlainAnswer::Is::more:
            break;
        case PlainAnswer::Is::whole:
            if (!answer_->keeps_connection()) drop_connection();
            return finish(answer_->take_answer());
        case PlainAnswer::Is::odd:
            return finish(std::nullopt);
        }
    }
}

// A kept connection that the server closed while the request was on its way says nothing of the server
// (RFC 9112, 9.3.1). An answer that breaks off is left to libcurl: what came may have been no HTTP.
void PlainExchange::on_end() {
    if (!answer_->has_begun() && is_kept_) return connect_again();
    HttpAnswer lost;
    const bool in_order = connection_->explain_lost(lost);
    drop_connection();
    if (!answer_->has_begun()) return finish(std::move(lost));
    if (in_order && answer_->end() == PlainAnswer::Is::whole) return finish(answer_->take_answer());
    finish(std::nullopt);
}

void PlainExchange::on_time() {
    rings_at_.reset();
    if (!done_ || !readable_) return; // the time that a connection takes is minded there
    if (Clock::now() < ends_) return set_timer_to(ends_);
    HttpAnswer answer;
    answer.status = answer_->answer().status;
    explain_silence(answer_->has_begun(), timeout_, answer);
    drop_connection();
    finish(std::move(answer));
}

void PlainExchange::set_timer_to(Instant at) {
    rings_at_ = at;
    if (!timer_)
        timer_ = needed(add_timer(event_, at, [this] { on_time(); }));
    else
        needed(set_timer(timer_, at));
}

void PlainExchange::connect_again() {
    drop_connection();
    connect(Fd());
}

void PlainExchange::drop_connection() {
    readable_.reset(); // before its descriptor goes
    connection_->close();
}

void PlainExchange::finish(std::optional<HttpAnswer> answer) {
    used_at_ = Clock::now();
    std::exchange(done_, nullptr)(std::move(answer)); // may destroy this
}

} // namespace unitgate

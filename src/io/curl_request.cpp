// SPDX-License-Identifier: MIT
#include "io/curl_request.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <sys/socket.h>

#include "io/curl_answer.hpp"
#include "io/curl_failure.hpp"
#include "io/curl_loop.hpp"
#include "io/curl_options.hpp"
#include "io/curl_trace.hpp"

namespace unitgate {

namespace {

constexpr unsigned curl_8_0 = 0x080000;

} // namespace

struct CurlRequest::State {
    State(const Event& event_, const HttpRequest& request_, std::shared_ptr<CurlLoop> loop_)
        : event(event_), request(request_), loop(std::move(loop_)), curl(loop->curl()), taken(request) {}
    ~State() {
        if (easy) {
            loop->remove(easy);
            curl.easy_cleanup(easy);
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    const Event& event;
    const HttpRequest& request;
    const std::shared_ptr<CurlLoop> loop;
    const CurlLibrary& curl;
    CURL* easy = nullptr;
    std::optional<CurlOptions> options;
    std::array<char, CURL_ERROR_SIZE> error{};

    bool told_each_time = false; // see choose_connection()
    bool traced = false;
    std::optional<HttpCertificate> certificate; // of the last handshake; a kept connection shows none

    // Of the try in flight.
    Duration timeout{0};
    Instant ends{};
    bool fresh = false;     // on a connection of its own
    bool only_kept = false; // on a kept connection or not at all
    bool none_kept = false; // there was none
    Fd connected;
    curl_socket_t handed_over = CURL_SOCKET_BAD;
    CurlAnswer taken;
    std::function<void(HttpAnswer)> done;
    Source deferred;
    CURLcode last = CURLE_OK; // of the last send() or receive()

    template <class Value>
    void option(CURLoption name, Value value) {
        curl.easy_setopt(easy, name, value);
    }
    Status set_up();
    void begin();
    void choose_connection();
    bool was_stale(CURLcode code) const;
    void explain(CURLcode code, HttpAnswer& to) const;
    void finish(CURLcode code);

    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_new_socket(void* self, curl_socket_t fd, curlsocktype purpose);
};

Status CurlRequest::State::set_up() {
    easy = curl.easy_init();
    if (!easy) return fail("cannot make a request: out of memory");
    options.emplace(curl, easy, request);
    told_each_time = options->takes_http2_for_granted() && curl.version < curl_8_0;
    if (request.http2) {
        option(CURLOPT_XFERINFOFUNCTION, &State::on_progress);
        option(CURLOPT_XFERINFODATA, this);
        option(CURLOPT_NOPROGRESS, 0L);
    }
    option(CURLOPT_ERRORBUFFER, error.data());
    taken.take_from(curl, easy);
    option(CURLOPT_OPENSOCKETFUNCTION, &State::on_open_socket);
    option(CURLOPT_OPENSOCKETDATA, this);
    option(CURLOPT_SOCKOPTFUNCTION, &State::on_new_socket);
    option(CURLOPT_SOCKOPTDATA, this);
    return {};
}

int CurlRequest::State::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return tells_of_no_http2(static_cast<State*>(self)->error.data()) ? 1 : 0;
}

curl_socket_t CurlRequest::State::on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto& state = *static_cast<State*>(self);
    if (state.only_kept) {
        state.none_kept = true;
        return CURL_SOCKET_BAD;
    }
    if (purpose == CURLSOCKTYPE_IPCXN && state.connected)
        return state.handed_over = state.connected.release();
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

int CurlRequest::State::on_new_socket(void* self, curl_socket_t fd, curlsocktype) {
    auto& state = *static_cast<State*>(self);
    if (fd != std::exchange(state.handed_over, CURL_SOCKET_BAD)) return CURL_SOCKOPT_OK;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

void CurlRequest::State::begin() {
    handed_over = CURL_SOCKET_BAD;
    taken.begin(traced);
    error[0] = '\0';
    auto left = std::max(std::chrono::ceil<std::chrono::milliseconds>(ends - Clock::now()),
                         std::chrono::milliseconds(1));
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    choose_connection();
    auto stays = request.only_connect ? CurlLoop::Handle::stays : CurlLoop::Handle::goes;
    if (loop->add(easy, stays, [this](CURLcode code) { finish(code); })) return;
    auto soon = add_defer(event, [this] { finish(CURLE_OUT_OF_MEMORY); });
    if (soon) deferred = *std::move(soon);
}

// Without TLS, libcurl takes HTTP/2 for granted when it is told to. Before 8.0.0 it does so on a kept
// connection too and puts HTTP/2 within HTTP/2. So there it is told only for a new connection, and must not
// make one when it isn't.
void CurlRequest::State::choose_connection() {
    none_kept = false;
    only_kept = told_each_time && !fresh && !connected;
    if (told_each_time) {
        option(CURLOPT_HTTP_VERSION,
               static_cast<long>(only_kept ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
    }
    option(CURLOPT_FRESH_CONNECT, fresh || (told_each_time && !only_kept) ? 1L : 0L);
}

// A kept connection that the server closed while the request was on its way says nothing of the server
// (RFC 9112, 9.3.1). libcurl tries again by itself, but only five times in the life of a handle.
bool CurlRequest::State::was_stale(CURLcode code) const {
    if (fresh || taken.has_begun()) return false;
    bool lost = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
    if (request.http2) lost = lost || code == CURLE_HTTP2 || code == CURLE_PARTIAL_FILE;
    if (!lost) return false;
    long made = 0;
    curl.easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
    return made == 0;
}

void CurlRequest::State::explain(CURLcode code, HttpAnswer& to) const {
    const bool named = !request.connect;
    const FailedRequest failed{code,   error.data(),      request.url.starts_with("https:"),
                               named,  taken.has_begun(), request.http2,
                               timeout};
    explain_failure(curl, easy, failed, to);
}

void CurlRequest::State::finish(CURLcode code) {
    if (none_kept || was_stale(code)) {
        fresh = true;
        return begin();
    }
    connected.reset();
    long status = 0;
    curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    HttpAnswer answer = taken.take();
    answer.status = static_cast<int>(status);
    if (taken.headers_are_too_large()) {
        answer.failure = HttpFailure::header;
        answer.detail =
            "the answer's headers are longer than " + std::to_string(request.header_limit) + " bytes";
    } else if (code != CURLE_OK && !answer.longer) {
        explain(taken.has_strange_coding() ? CURLE_BAD_CONTENT_ENCODING : code, answer);
    }
    if (answer.failure == HttpFailure::none && !request.only_connect && !taken.is_whole()) {
        answer.failure = HttpFailure::reset;
        answer.detail = "the answer was cut off";
    }
    if (traced) answer.trace = read_trace(curl, easy);
    if (request.certificate) {
        if (auto shown = read_trace(curl, easy).certificate) certificate = std::move(shown);
        answer.trace.certificate = certificate;
    }
    std::exchange(done, nullptr)(std::move(answer));
}

CurlRequest::CurlRequest(std::unique_ptr<State> state) : state_(std::move(state)) {}
CurlRequest::~CurlRequest() = default;

Result<std::unique_ptr<CurlRequest>> CurlRequest::create(const Event& event, const HttpRequest& request) {
    auto loop = CurlLoop::of(event);
    if (!loop) return tl::unexpected(loop.error());
    auto state = std::make_unique<State>(event, request, *std::move(loop));
    if (auto ready = state->set_up(); !ready) return tl::unexpected(ready.error());
    return std::unique_ptr<CurlRequest>(new CurlRequest(std::move(state)));
}

void CurlRequest::trace() {
    state_->traced = true;
    state_->option(CURLOPT_CERTINFO, 1L);
}

void CurlRequest::reconnect() {
    state_->certificate.reset();
}

void CurlRequest::start(Duration timeout, Instant ends, Fd connected, std::function<void(HttpAnswer)> done) {
    State& state = *state_;
    state.connected = std::move(connected);
    // A kept connection shows no certificate and no times of its making, whoever has made it.
    state.fresh = state.traced || (state.request.certificate && !state.certificate);
    state.done = std::move(done);
    state.timeout = timeout;
    state.ends = ends;
    state.begin();
}

int CurlRequest::active_socket() const {
    curl_socket_t fd = CURL_SOCKET_BAD;
    state_->curl.easy_getinfo(state_->easy, CURLINFO_ACTIVESOCKET, &fd);
    return fd;
}

bool CurlRequest::send(std::string_view bytes) {
    std::size_t sent = 0;
    state_->error[0] = '\0';
    state_->last = state_->curl.easy_send(state_->easy, bytes.data(), bytes.size(), &sent);
    return state_->last == CURLE_OK && sent == bytes.size();
}

std::optional<std::size_t> CurlRequest::receive(std::span<char> to) {
    std::size_t count = 0;
    state_->error[0] = '\0';
    state_->last = state_->curl.easy_recv(state_->easy, to.data(), to.size(), &count);
    if (state_->last == CURLE_AGAIN) return 0;
    if (state_->last == CURLE_OK && count == 0) state_->last = CURLE_GOT_NOTHING;
    if (state_->last != CURLE_OK) return std::nullopt;
    return count;
}

bool CurlRequest::explain_lost(HttpAnswer& answer) const {
    state_->explain(state_->last, answer);
    return state_->last == CURLE_GOT_NOTHING;
}

void CurlRequest::close() {
    state_->loop->remove(state_->easy);
}

} // namespace unitgate

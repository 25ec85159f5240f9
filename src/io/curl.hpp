// SPDX-License-Identifier: MIT
// One HTTP request, made over and over in the event loop. Its connection is kept alive between tries;
// requests of a loop that go to one place share theirs, as many as there are. Asks for exactly what it is
// told: no redirects, no proxy, no netrc, no cookies, no decoding of contents, http and https alone, HTTP/1.1
// unless HTTP/2 is asked for. Called by the probes that make requests; knows nothing of gates.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/time.hpp"
#include "io/event.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct HttpRequest {
    std::string url; // absolute; may hold user and password
    std::optional<SocketAddress>
        connect;        // where to connect instead; Host, SNI and certificate stay the URL's
    std::string socket; // a Unix socket, in the place of `connect`; absolute or '@' and a name
    std::string method = "GET";
    std::string body;
    bool http2 = false;               // and nothing older; over TLS by ALPN, else from the first byte on
    std::vector<std::string> headers; // "Name: value", no control bytes
    std::string ca;                   // PEM file, empty: the system's
    bool verify = true;
    std::string client_certificate, client_key; // PEM files; no key: it is in the certificate's
    std::string pin;                            // CURLOPT_PINNEDPUBLICKEY(3), empty: none
    bool certificate = false;                   // the answer's trace has the server's certificate
    std::vector<std::string> wanted_headers;    // of the answer, kept for header()
    bool only_connect = false;                  // up to the end of the TLS handshake; nothing is asked
    bool keep_body = false;                     // else it is counted and thrown away
    std::size_t header_limit = 64 << 10;        // bytes of all header lines of an answer
    std::size_t body_limit = 64 << 10;
    // Of a kept connection of plain requests: then what is between may have forgotten it, and the name have
    // moved. libcurl's own limit is the same.
    Duration longest_idle = std::chrono::seconds(118);
};

// Why there is no whole answer.
enum class HttpFailure {
    none,
    dns,
    refused,
    unreachable,
    timeout,
    reset, // also closed before or within the answer
    tls,
    header, // over the limit, or malformed below a good status line
    protocol,
};

// The server's own certificate, whatever is thought of it.
struct HttpCertificate {
    std::string subject, issuer; // "C = NL, CN = ci.example.net"
    std::optional<WallTime> not_after;
};

// When each part was done, since the request began; 0: it did not come to that, or was not needed.
struct HttpTrace {
    Duration looked_up{0}, connected{0}, secured{0}, first_byte{0};
    std::optional<HttpCertificate> certificate;
};

struct HttpAnswer {
    HttpFailure failure = HttpFailure::none;
    std::string detail;  // a clause that says more of the failure; never part of the request or the answer
    int status = 0;      // 0: none came
    std::string body;    // with keep_body, at most body_limit bytes
    bool longer = false; // the body has more than body_limit bytes; the transfer was ended there
    HttpTrace trace;     // after trace() alone, with the body; of `certificate` only that
    std::vector<std::pair<std::string, std::string>> headers; // those wanted, named as they were wanted

    // The value of a wanted header, trailers included; nullptr where none came. Of several the last.
    const std::string* header(std::string_view name) const;
};

class HttpTransfer {
  public:
    // Loads libcurl, and fails where it can't, unless this alone asks plainly for what lies at an address
    // that needs no look-up: then trace() loads it, or the first answer that is not plain, and a try that
    // needs it in vain fails. `event` must outlive it.
    static Result<std::unique_ptr<HttpTransfer>> create(const Event& event, HttpRequest request);
    const HttpRequest& request() const;
    // From now on each request makes a connection of its own, and answers come with their trace and body.
    void trace();
    // Of a request with `certificate`: the next one makes a connection of its own, to see the certificate
    // that the server has by now.
    void reconnect();
    // `done` comes from the loop, once, never from within start(); it may destroy this. `timeout` is for all
    // of it, the name's look-up included; `spent` of it has gone before, on making `connected`, which is
    // used, where there is one, if a new connection is needed.
    void start(Duration timeout, Duration spent, Fd connected, std::function<void(HttpAnswer)> done);
    // Abandons what is in flight.
    ~HttpTransfer();

  private:
    struct State;
    explicit HttpTransfer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/http_probe.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <arpa/inet.h>

#include "gate/connecting.hpp"
#include "gate/evidence.hpp"
#include "gate/judge.hpp"
#include "io/curl.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

Cause cause_of(HttpFailure failure) {
    switch (failure) {
    case HttpFailure::none:
        return Cause::none;
    case HttpFailure::dns:
        return Cause::dns;
    case HttpFailure::refused:
        return Cause::refused;
    case HttpFailure::unreachable:
        return Cause::unreachable;
    case HttpFailure::timeout:
        return Cause::timeout;
    case HttpFailure::reset:
        return Cause::reset;
    case HttpFailure::tls:
        return Cause::tls;
    case HttpFailure::header:
        return Cause::header;
    case HttpFailure::protocol:
        return Cause::protocol;
    }
    return Cause::protocol;
}

// A version may hold what no URL may ("1.0 beta"), or what would end its path ("?", "#"); '+' is common in
// versions and stands for itself in a path (RFC 3986, 3.3).
std::string encode(std::string_view text) {
    constexpr std::string_view plain = "-._~!$&'()*+,;=:@/", hex = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (alnum || plain.find(c) != std::string_view::npos)
            out += c;
        else
            ((out += '%') += hex[byte >> 4]) += hex[byte & 15];
    }
    return out;
}

bool is_numeric(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

Result<std::vector<std::string>> make_headers(const HttpProbe& probe, const Expansion& expansion,
                                              const Credentials& credentials) {
    std::vector<std::string> lines;
    for (const HeaderRule& rule : probe.header) {
        // Placeholders of the version first: what a credential holds is never expanded.
        auto value = expand_credentials(expand(rule.value, expansion), credentials);
        if (!value) return fail_with("cannot use header '" + rule.name + "'", value.error());
        std::string line = rule.name + ": " + *value;
        bool bad = std::any_of(line.begin(), line.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
        });
        if (bad || rule.name.empty() || rule.name.find_first_of(": ;\t") != std::string::npos)
            return fail("cannot use header '" + rule.name +
                            "': its name or value has bytes that no header may hold",
                        "keep it to one line of text");
        lines.push_back(std::move(line));
    }
    return lines;
}

class HttpProber : public Prober {
  public:
    HttpProber(const Event& event, Judge judge, std::unique_ptr<HttpTransfer> transfer, std::string target,
               std::optional<SocketAddress> address, Duration timeout)
        : event_(event), judge_(std::move(judge)), transfer_(std::move(transfer)), connecting_(event),
          target_(std::move(target)), address_(std::move(address)), timeout_(timeout) {}

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        done_ = std::move(done);
        began_ = Clock::now();
        std::optional<Connection> connection = Connection();
        if (address_ && !has_connection_)
            connection = connecting_.start(begin_connecting(*address_, connecting_.spare()), timeout_,
                                           [this](Connection late) {
                                               if (late.error)
                                                   return finish(judge_connection(late.error, timeout_));
                                               request(std::move(late.fd));
                                           });
        if (!connection) return std::nullopt;
        if (connection->error) return timed(judge_connection(connection->error, timeout_));
        request(std::move(connection->fd));
        return std::nullopt;
    }
    std::string target() const override { return target_; }
    void inspect() override {
        inspects_ = true;
        transfer_->trace();
    }

  private:
    Duration since_start() const { return std::chrono::duration_cast<Duration>(Clock::now() - began_); }

    void request(Fd connected) {
        // Where this connected itself, libcurl's times begin later and its time of connecting tells nothing.
        Duration before = connected ? since_start() : Duration(0);
        transfer_->start(timeout_, since_start(), std::move(connected), [this, before](HttpAnswer answer) {
            TryResult result;
            if (answer.failure == HttpFailure::none) {
                result = judge_.judge(answer.status, answer.body, answer.longer);
            } else {
                result.cause = cause_of(answer.failure);
                result.status = answer.status;
                result.detail = std::move(answer.detail);
            }
            has_connection_ = answer.failure == HttpFailure::none && !answer.longer;
            if (!inspects_) return finish(std::move(result));
            result.took = since_start();
            show(std::move(result), answer, before);
        });
    }

    void show(TryResult result, const HttpAnswer& answer, Duration before) {
        auto evidence = std::make_shared<Evidence>();
        evidence->trace = answer.trace;
        HttpTrace& trace = evidence->trace;
        for (Duration* part : {&trace.looked_up, &trace.connected, &trace.secured, &trace.first_byte})
            if (*part > Duration(0)) *part += before;
        if (before > Duration(0)) {
            trace.looked_up = Duration(0);
            trace.connected = before;
        }
        if (answer.failure == HttpFailure::none)
            evidence->compared = judge_.compare(answer.status, answer.body, answer.longer);
        result.evidence = evidence;
        if (answer.failure == HttpFailure::tls && !trace.certificate)
            return look(std::move(result), evidence);
        finish(std::move(result));
    }

    // libcurl keeps nothing of a certificate that it refuses. So this connects once more, takes any, looks at
    // it, and asks nothing: no header goes to a server that is not trusted.
    void look(TryResult result, const std::shared_ptr<Evidence>& evidence) {
        HttpRequest request = transfer_->request();
        request.verify = false;
        request.only_connect = true;
        auto made = HttpTransfer::create(event_, std::move(request));
        if (!made) return finish(std::move(result));
        look_ = std::move(*made);
        look_->trace();
        look_->start(timeout_, Duration(0), Fd(),
                     [this, result = std::move(result), evidence](HttpAnswer answer) mutable {
                         evidence->trace.certificate = std::move(answer.trace.certificate);
                         finish(std::move(result));
                     });
    }

    TryResult timed(TryResult result) const {
        result.took = since_start();
        return result;
    }

    void finish(TryResult result) {
        if (result.took == Duration(0)) result.took = since_start();
        std::exchange(done_, nullptr)(std::move(result)); // may destroy this
    }

    const Event& event_;
    Judge judge_;
    std::unique_ptr<HttpTransfer> transfer_, look_;
    bool inspects_ = false;
    Connecting connecting_;
    std::string target_;
    std::optional<SocketAddress> address_; // where it connects, if that needs no look-up
    Duration timeout_;
    bool has_connection_ = false; // the last answer came whole: its connection may be alive
    std::function<void(TryResult)> done_;
    Instant began_{};
};

} // namespace

Result<std::unique_ptr<Prober>> make_http_prober(const Event& event, const HttpProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials) {
    auto judge = Judge::create(probe, expansion);
    if (!judge) return tl::unexpected(judge.error());
    auto headers = make_headers(probe, expansion, credentials);
    if (!headers) return tl::unexpected(headers.error());

    HttpRequest request;
    request.url = expand(probe.url, {encode(expansion.version), encode(expansion.app_version)});
    auto url = parse_url(request.url);
    if (!url) return fail_with("cannot use the URL '" + url_without_secrets(request.url) + "'", url.error());
    request.connect = probe.connect;
    if (!request.connect && is_numeric(url->host)) request.connect = SocketAddress{url->host, url->port};
    request.headers = *std::move(headers);
    request.ca = probe.ca;
    request.verify = probe.verify;
    request.keep_body = judge->wants_body();
    auto address = request.connect;
    auto transfer = HttpTransfer::create(event, std::move(request));
    if (!transfer) return tl::unexpected(transfer.error());
    return std::make_unique<HttpProber>(event, *std::move(judge), *std::move(transfer),
                                        url->without_secrets(), std::move(address), timeout);
}

} // namespace unitgate

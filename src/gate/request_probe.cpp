// SPDX-License-Identifier: MIT
#include "gate/request_probe.hpp"

#include <cerrno>
#include <utility>

#include "gate/failures.hpp"
#include "io/connecting.hpp"
#include "io/socket.hpp"

namespace unitgate {

namespace {

class RequestProber : public Prober {
  public:
    RequestProber(const Event& event, std::string target, AnswerRules rules, int min_days_left,
                  std::unique_ptr<HttpTransfer> transfer, Duration timeout)
        : event_(event), target_(std::move(target)), rules_(std::move(rules)), min_days_left_(min_days_left),
          transfer_(std::move(transfer)), timeout_(timeout), connecting_(event) {}

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        done_ = std::move(done);
        began_ = Clock::now();
        std::optional<Connection> connection = Connection();
        // libcurl would connect once more to a Unix socket.
        if (const auto& address = transfer_->request().connect; address && !has_connection_)
            connection = connecting_.start(begin_connecting(*address, connecting_.spare()), timeout_,
                                           [this](Connection late) {
                                               if (late.error)
                                                   return finish(judge_connection(late.error, timeout_));
                                               request(std::move(late.fd));
                                           });
        if (!connection) return std::nullopt;
        if (connection->error == ECONNREFUSED) warm_up();
        if (connection->error) return timed(judge_closed(connection->error));
        request(std::move(connection->fd));
        return std::nullopt;
    }
    std::string target() const override { return target_; }
    void inspect() override {
        inspects_ = true;
        transfer_->trace();
        // Before the tries: it holds the loop up, and every try beside it would seem slow.
        warm_up();
        (void)event_.run_until([this] { return !warm_up_; });
    }

  private:
    Duration since_start() const { return std::chrono::duration_cast<Duration>(Clock::now() - began_); }

    // The first handshake of a process takes ten times as long as the next: OpenSSL sets itself up, libcurl
    // reads all certificates that it trusts and keeps them. That is done while the port is closed, or before
    // times are looked at, with a socket that sends the hello back, which ends it. What comes of it is of no
    // interest.
    void warm_up() {
        if (std::exchange(is_warm_, true) || !transfer_->request().url.starts_with("https:")) return;
        HttpRequest request = transfer_->request();
        request.only_connect = true;
        request.socket.clear();
        request.connect = SocketAddress{"127.0.0.1", 1}; // no name is looked up, and the mirror is taken
        auto made = HttpTransfer::create(event_, std::move(request));
        Fd mirror = connect_to_itself();
        if (!made || !mirror) return;
        warm_up_ = *std::move(made);
        warm_up_->start(timeout_, Duration(0), std::move(mirror),
                        [this](const HttpAnswer&) { warm_up_.reset(); });
    }

    void request(Fd connected) {
        // Where this connected itself, libcurl's times begin later and its time of connecting tells nothing.
        Duration before = connected ? since_start() : Duration(0);
        const Pace pace = has_connection_ ? Pace::kept : Pace::plain;
        transfer_->start(timeout_, since_start(), std::move(connected),
                         [this, before, pace](HttpAnswer answer) {
                             TryResult result;
                             if (answer.failure == HttpFailure::none) {
                                 result = judge(answer);
                             } else {
                                 result.cause = cause_of(answer.failure);
                                 result.status = answer.status;
                                 result.detail = std::move(answer.detail);
                             }
                             result.pace = pace;
                             has_connection_ = answer.failure == HttpFailure::none && !answer.longer &&
                                               result.cause != Cause::certificate_expiry;
                             if (!inspects_) return finish(std::move(result));
                             result.took = since_start();
                             show(std::move(result), answer, before);
                         });
    }

    TryResult judge(const HttpAnswer& answer) {
        TryResult result = rules_.judge(answer);
        if (!result.passed() || min_days_left_ == 0) return result;
        TryResult expiry = judge_expiry(answer.trace.certificate, min_days_left_, WallTime::clock::now());
        if (expiry.passed()) return result;
        expiry.status = result.status;
        transfer_->reconnect(); // it may be renewed at any time
        return expiry;
    }

    void show(TryResult result, HttpAnswer& answer, Duration before) {
        auto evidence = std::make_shared<Evidence>();
        evidence->trace = answer.trace;
        HttpTrace& trace = evidence->trace;
        for (Duration* part : {&trace.looked_up, &trace.connected, &trace.secured, &trace.first_byte})
            if (*part > Duration(0)) *part += before;
        if (before > Duration(0)) {
            trace.looked_up = Duration(0);
            trace.connected = before;
        }
        if (answer.failure == HttpFailure::none && rules_.compare)
            evidence->compared = rules_.compare(answer);
        if (answer.failure == HttpFailure::none && min_days_left_ > 0)
            evidence->compared.push_back(
                compare_expiry(trace.certificate, min_days_left_, WallTime::clock::now()));
        evidence->body = std::move(answer.body);
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
        request.pin.clear();
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

    TryResult judge_closed(int error) const {
        TryResult result = judge_connection(error, timeout_);
        if (error == ECONNREFUSED && is_loopback(*transfer_->request().connect)) result.pace = Pace::watched;
        return result;
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
    std::string target_;
    AnswerRules rules_;
    int min_days_left_;
    std::unique_ptr<HttpTransfer> transfer_, look_, warm_up_;
    Duration timeout_;
    Connecting connecting_;
    bool inspects_ = false;
    bool is_warm_ = false;
    bool has_connection_ = false; // the last answer came whole: its connection may be alive
    std::function<void(TryResult)> done_;
    Instant began_{};
};

std::optional<std::int64_t> days_left(const std::optional<HttpCertificate>& certificate, WallTime now) {
    if (!certificate || !certificate->not_after) return std::nullopt;
    return std::chrono::floor<std::chrono::days>(*certificate->not_after - now).count();
}

} // namespace

TryResult judge_expiry(const std::optional<HttpCertificate>& certificate, int min_days_left, WallTime now) {
    auto left = days_left(certificate, now);
    if (!left)
        return failed_for(Cause::certificate_expiry, "until when the certificate is valid is not known");
    if (*left >= min_days_left) return {};
    return failed_for(Cause::certificate_expiry, "the certificate is valid for " + std::to_string(*left) +
                                                     (*left == 1 ? " day" : " days") + ", want " +
                                                     std::to_string(min_days_left));
}

Compared compare_expiry(const std::optional<HttpCertificate>& certificate, int min_days_left, WallTime now) {
    auto left = days_left(certificate, now);
    return {"days left of the certificate", "at least " + std::to_string(min_days_left),
            left ? std::to_string(*left) : std::string(), left && *left >= min_days_left};
}

Result<std::unique_ptr<Prober>> make_request_prober(const Event& event, HttpRequest request,
                                                    std::string target, int min_days_left, AnswerRules rules,
                                                    Duration timeout) {
    auto transfer = HttpTransfer::create(event, std::move(request));
    if (!transfer) return tl::unexpected(transfer.error());
    return std::make_unique<RequestProber>(event, std::move(target), std::move(rules), min_days_left,
                                           *std::move(transfer), timeout);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/socket_probe.hpp"

#include <utility>

#include "gate/failures.hpp"
#include "io/connecting.hpp"

namespace unitgate {

namespace {

class SocketProber : public Prober {
  public:
    SocketProber(const Event& event, std::string target, std::function<Connection(Fd spare)> begin,
                 Duration timeout, Pace when_refused)
        : connecting_(event), target_(std::move(target)), begin_(std::move(begin)), timeout_(timeout),
          when_refused_(when_refused) {}

    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        began_ = Clock::now();
        auto connection = connecting_.start(begin_(connecting_.spare()), timeout_,
                                            [this, done = std::move(done)](Connection late) {
                                                late.fd.reset();
                                                done(judge(late.error)); // may destroy this
                                            });
        if (!connection) return std::nullopt;
        return judge(connection->error);
    }
    std::string target() const override { return target_; }

  private:
    TryResult judge(int error) const {
        TryResult result = judge_connection(error, timeout_);
        if (result.cause == Cause::refused) result.pace = when_refused_;
        result.took = std::chrono::duration_cast<Duration>(Clock::now() - began_);
        return result;
    }

    Connecting connecting_;
    std::string target_;
    std::function<Connection(Fd spare)> begin_;
    Duration timeout_;
    Pace when_refused_;
    Instant began_{};
};

} // namespace

std::unique_ptr<Prober> make_tcp_prober(const Event& event, const TcpProbe& probe, Duration timeout) {
    auto begin = [address = probe.address](Fd spare) { return begin_connecting(address, std::move(spare)); };
    return std::make_unique<SocketProber>(event, "tcp " + probe.address.text(), begin, timeout,
                                          is_loopback(probe.address) ? Pace::watched : Pace::plain);
}

std::unique_ptr<Prober> make_unix_prober(const Event& event, const UnixProbe& probe, Duration timeout) {
    auto begin = [path = probe.path](Fd) { return begin_connecting(path); };
    return std::make_unique<SocketProber>(event, "unix " + probe.path, begin, timeout, Pace::plain);
}

} // namespace unitgate

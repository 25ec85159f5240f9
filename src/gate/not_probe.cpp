// SPDX-License-Identifier: MIT
#include "gate/not_probe.hpp"

#include <utility>

namespace unitgate {

NotOf not_of(const Probe& probe) {
    return std::holds_alternative<FileProbe>(probe.check) ? NotOf::file : NotOf::other;
}

TryResult turned_around(TryResult result, NotOf kind) {
    result.hopeless = false;
    if (result.passed()) {
        result.cause = Cause::unwanted;
        result.detail = "it passes, and must not";
    } else if (is_answer(result.cause, kind)) {
        result.cause = Cause::none;
        result.detail.clear();
    } else {
        result.detail +=
            std::string(result.detail.empty() ? "" : "; ") + "that does not show that it is not there";
    }
    return result;
}

namespace {

class NotProber : public Prober {
  public:
    NotProber(std::unique_ptr<Prober> inner, NotOf kind) : inner_(std::move(inner)), kind_(kind) {}
    std::optional<TryResult> start(std::function<void(TryResult)> done) override {
        auto result = inner_->start([done = std::move(done), kind = kind_](TryResult late) {
            done(turned_around(std::move(late), kind));
        });
        if (result) return turned_around(*std::move(result), kind_);
        return std::nullopt;
    }
    void on_change(std::function<void()> changed) override { inner_->on_change(std::move(changed)); }
    void inspect() override { inner_->inspect(); }
    std::string target() const override { return "not " + inner_->target(); }

  private:
    std::unique_ptr<Prober> inner_;
    NotOf kind_;
};

} // namespace

std::unique_ptr<Prober> make_not_prober(std::unique_ptr<Prober> inner, NotOf kind) {
    return std::make_unique<NotProber>(std::move(inner), kind);
}

// No default: a new cause has to be thought about here.
bool is_answer(Cause cause, NotOf kind) {
    switch (cause) {
    case Cause::refused: // nobody listens there
    case Cause::status:
    case Cause::body:
    case Cause::json:
    case Cause::version:
    case Cause::address:
    case Cause::outdated:
    case Cause::inactive:
    case Cause::failed:
    case Cause::not_serving:
    case Cause::replicas:
        return true;
    case Cause::missing:
        return kind == NotOf::file;
    case Cause::none:
    case Cause::dns: // these may as well be a slip in the spec or a broken network
    case Cause::reset:
    case Cause::timeout:
    case Cause::tls:
    case Cause::header:
    case Cause::too_large:
    case Cause::protocol:
    case Cause::unreachable:
    case Cause::exec: // refused in a spec: the command may not have run at all
    case Cause::certificate_expiry:
    case Cause::bus:
    case Cause::unit_stopped:
    case Cause::unwanted:
    case Cause::grpc: // a slip in `service` is in it, too
    case Cause::docker:
        break;
    }
    return false;
}

} // namespace unitgate

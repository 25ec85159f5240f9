// SPDX-License-Identifier: MIT
#include "gate/stopped_probe.hpp"

#include <utility>

namespace unitgate {

namespace {

class StoppedProber : public Prober {
  public:
    StoppedProber(std::string target, std::string server)
        : target_(std::move(target)), server_(std::move(server)) {}

    std::optional<TryResult> start(std::function<void(TryResult)>) override {
        TryResult result;
        result.cause = Cause::unit_stopped;
        result.detail = "its server '" + server_ + "' is stopped for a rehearsal";
        result.told = true; // it stays so as long as this run lasts
        return result;
    }
    std::string target() const override { return target_; }

  private:
    std::string target_, server_;
};

} // namespace

std::unique_ptr<Prober> make_stopped_prober(std::string target, std::string server) {
    return std::make_unique<StoppedProber>(std::move(target), std::move(server));
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Domain seam: one kind of check. gate/gate drives them; tests put fakes here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "gate/credentials.hpp"
#include "gate/result.hpp"
#include "io/event.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"
#include "systemd/unit_watch.hpp"

namespace unitgate {

class Prober {
  public:
    virtual ~Prober() = default; // abandons a try in flight; may be called from within `done`
    // Makes one try. A result that is there at once (a closed port) is returned, which saves a turn of the
    // loop; else `done` comes later from the loop, exactly once, at the latest after the try's time-out.
    // Never called while a try is in flight.
    virtual std::optional<TryResult> start(std::function<void(TryResult)> done) = 0;
    // Given once, before the first try. A prober that learns of changes by itself (TryResult::told) calls it
    // from the loop when a try would come to another result than the last one did; it may be in the middle of
    // a C library's callback, so nothing of the prober is destroyed from in there.
    virtual void on_change(std::function<void()>) {}
    // From now on results come with evidence, where this kind of probe has any. A try may then take twice its
    // time-out: a certificate that was refused is looked at once more. Called outside of the loop, which it
    // may turn: what a first try sets up in this process is set up here, so that its times tell of the
    // server.
    virtual void inspect() {}
    // Where it looks, safe to show: "https://host/path" without user, password and query; "tcp 127.0.0.1:80".
    virtual std::string target() const = 0;
};

// `timeout` of one try, all of it: name, connection, TLS, answer. `event` must outlive the prober. `units` is
// the connection that the `unit` probes of one gate share.
Result<std::unique_ptr<Prober>> make_prober(const Event& event, const Probe& probe, Duration timeout,
                                            const Expansion& expansion, const Credentials& credentials,
                                            std::shared_ptr<UnitWatch> units);

} // namespace unitgate

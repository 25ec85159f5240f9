// SPDX-License-Identifier: MIT
// Learns from the kernel when a process of this host, in whatever network namespace, begins to listen on a
// TCP socket: a few instructions of BPF at the tracepoint inet_sock_set_state pass on each step to TCP_LISTEN
// (bpf(2), BPF_RAW_TRACEPOINT_OPEN; the ring of <linux/bpf.h>). Costs nothing while nobody begins to listen.
// Used by the gate, whose probes of a closed port are then tried at once instead of at the next poll.
#pragma once

#include <functional>
#include <memory>

#include "base/error.hpp"
#include "io/event.hpp"

namespace unitgate {

class ListenWatch {
  public:
    // `on_listen` comes from the loop, once for what began since its last turn; the socket may be an instant
    // from taking connections. Fails without CAP_BPF and CAP_PERFMON (a user, most containers), or where the
    // kernel lacks either: who watches has to poll then, as it does beside the watch anyway.
    static Result<std::unique_ptr<ListenWatch>> open(const Event& event, std::function<void()> on_listen);
    ~ListenWatch();

  private:
    ListenWatch();
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace unitgate

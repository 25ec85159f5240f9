// SPDX-License-Identifier: MIT
// What one try of one probe came to. Causes are words of the contract: they stand in alerts, the journal, man
// pages and status texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace unitgate {

struct Evidence; // gate/evidence.hpp

enum class Cause {
    none, // passed
    dns,
    refused,
    reset,
    timeout,
    tls,
    status,
    header, // the answer's headers are over 64 KiB or malformed
    body,
    json,
    too_large,
    protocol,    // an answer that is no HTTP
    unreachable, // no route, no such socket file, no permission to connect
    inactive,    // these four of a `unit` probe
    failed,
    missing, // also of a file
    bus,
    unit_stopped, // a rehearsal has stopped the unit that answers it
    exec,         // a command did not exit with status 0
    outdated,     // a file was not written lately
    address,      // a name resolves to other addresses
    version,      // the answer's `version_header` is of another version
    certificate_expiry,
    unwanted,    // a probe with not = true found what must not be there
    grpc,        // no answer of a health service, but the reason for that
    not_serving, // one, and it is not SERVING
    replicas,    // these two of a `swarm` probe
    docker,
};
std::string_view cause_name(Cause cause); // "too-large"; "pass" for none

// What is known of the next try when one has failed; see pause_after_failure().
enum class Pace {
    plain,
    kept,    // it was made on a connection of an earlier one, and the next is likely to be as cheap
    watched, // a port of the loopback is closed: the kernel tells of a listener, where it may be asked
};

struct TryResult {
    Cause cause = Cause::none;
    int status = 0;     // HTTP status, 0 when there was none
    std::string detail; // a clause for people; never a header value, body, credential, user:password or query
    Duration took{0};   // wall time of the try
    Duration cost{0};   // CPU time this process spent on it
    bool told = false;  // the prober says when another try is worth while: see Prober::on_change()
    bool hopeless = false;                    // of a failure: no waiting heals it
    Pace pace = Pace::plain;                  // of a failure
    std::shared_ptr<const Evidence> evidence; // of a prober that inspects
    bool passed() const { return cause == Cause::none; }
};

TryResult failed_for(Cause cause, std::string detail, int status = 0);

} // namespace unitgate

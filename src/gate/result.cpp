// SPDX-License-Identifier: MIT
#include "gate/result.hpp"

#include <utility>

namespace unitgate {

std::string_view cause_name(Cause cause) {
    switch (cause) {
    case Cause::none:
        return "pass";
    case Cause::dns:
        return "dns";
    case Cause::refused:
        return "refused";
    case Cause::reset:
        return "reset";
    case Cause::timeout:
        return "timeout";
    case Cause::tls:
        return "tls";
    case Cause::status:
        return "status";
    case Cause::header:
        return "header";
    case Cause::body:
        return "body";
    case Cause::json:
        return "json";
    case Cause::too_large:
        return "too-large";
    case Cause::protocol:
        return "protocol";
    case Cause::unreachable:
        return "unreachable";
    case Cause::inactive:
        return "inactive";
    case Cause::failed:
        return "failed";
    case Cause::missing:
        return "missing";
    case Cause::bus:
        return "bus";
    case Cause::unit_stopped:
        return "unit-stopped";
    case Cause::exec:
        return "exec";
    case Cause::outdated:
        return "outdated";
    case Cause::address:
        return "address";
    case Cause::version:
        return "version";
    case Cause::certificate_expiry:
        return "certificate-expiry";
    case Cause::unwanted:
        return "unwanted";
    case Cause::grpc:
        return "grpc";
    case Cause::not_serving:
        return "not-serving";
    case Cause::replicas:
        return "replicas";
    case Cause::docker:
        return "docker";
    }
    return "unknown";
}

TryResult failed_for(Cause cause, std::string detail, int status) {
    TryResult result;
    result.cause = cause;
    result.status = status;
    result.detail = std::move(detail);
    return result;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/result.hpp"

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
    }
    return "unknown";
}

} // namespace unitgate

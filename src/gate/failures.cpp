// SPDX-License-Identifier: MIT
#include "gate/failures.hpp"

#include <utility>

#include "io/connecting.hpp"

namespace unitgate {

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

TryResult judge_connection(int error, Duration timeout) {
    ConnectionFailure failure = explain_connection(error, timeout);
    TryResult result;
    result.cause = cause_of(failure.kind);
    result.detail = std::move(failure.detail);
    return result;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "base/error.hpp"

#include <cstring>
#include <utility>

namespace unitgate {

tl::unexpected<Error> fail(std::string message, std::string remedy) {
    return tl::unexpected(Error{std::move(message), std::move(remedy), 0});
}

tl::unexpected<Error> fail_errno(std::string_view attempt, int code) {
    return tl::unexpected(Error{std::string(attempt) + ": " + strerrordesc_np(code), {}, code});
}

tl::unexpected<Error> fail_with(std::string_view context, Error cause) {
    cause.message = std::string(context) + ": " + cause.message;
    return tl::unexpected(std::move(cause));
}

std::string with_remedy(const Error& error) {
    return error.remedy.empty() ? error.message : error.message + "; " + error.remedy;
}

} // namespace unitgate

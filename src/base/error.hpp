// SPDX-License-Identifier: MIT
// The one error type that library code returns. It is built where something fails and gains context while
// it climbs; only `app` prints it or turns it into an exit code.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace unitgate {

struct Error {
    std::string message; // what was attempted and why it failed, names in single quotes, no full stop
    std::string remedy;  // what to type or change next; may be empty
    int code = 0;        // the errno behind it, 0 when there is none
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

[[nodiscard]] tl::unexpected<Error> fail(std::string message, std::string remedy = {});

// "ATTEMPT: strerror(code)"; `code` is a positive errno.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view attempt, int code);

// The same error with "CONTEXT: " in front of its message.
[[nodiscard]] tl::unexpected<Error> fail_with(std::string_view context, Error cause);

// "MESSAGE; REMEDY", for where one line is all there is: an entry of the journal, the detail of an alert. The
// message alone where there is no remedy.
[[nodiscard]] std::string with_remedy(const Error& error);

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Where a verb's text leaves the program: standard output and standard error, control bytes escaped. Only
// `app` uses it. What `run` tells while it runs goes through report instead.
#pragma once

#include <string_view>

#include "base/diagnostic.hpp"
#include "base/error.hpp"

namespace unitgate {

// Whole lines on standard output; every byte but line breaks that is a control byte is escaped. Gives
// exit_success, or exit_failure after a message when it cannot be written (a full disk, a closed file).
int print(std::string_view text);

// The same through $PAGER, else less(1), where standard output is a terminal, the text is longer than that
// and `pager` allows it (--no-pager). A pager that cannot be started is no failure: the text is then printed.
int print_long(std::string_view text, bool pager);

// "unitgate: MESSAGE" and "  remedy: REMEDY" on standard error. What another user than root may not do gets a
// remedy where it has none.
void print_error(const Error& error);

// The same, and the exit code of it: exit_failure.
int failed(const Error& error);

// Of a spec that cannot be used: why, and the exit code of it.
int failed(const Diagnostics& diagnostics);

// Lines as they are on standard error, escaped in the same way.
void print_to_stderr(std::string_view text);

} // namespace unitgate

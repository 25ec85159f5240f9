// SPDX-License-Identifier: MIT
// `unitgate run [--reload] NAME`: what a deploy unit executes, see unitgate-run(8).
#pragma once

#include "app/verb.hpp"

namespace unitgate {

// Gives an exit code of RunExit, or dies by the signal that stopped it.
int run_verb(const Invocation& invocation);

} // namespace unitgate

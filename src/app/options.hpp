// SPDX-License-Identifier: MIT
// Reads the command line by the tables of verb.hpp (getopt_long(3)). Called by main; prints nothing.
#pragma once

#include <string>
#include <vector>

#include "app/verb.hpp"
#include "base/error.hpp"

namespace unitgate {

struct CommandLine {
    enum class Asks { verb, help, version };
    Asks asks = Asks::verb;
    Invocation invocation; // help: `verb` may be null, then the program's own is asked for
};

// `arguments` without the program's name. Global options stand before or after the verb, a verb's own after
// it;
// "--" ends the options. An Error is a usage error (exit 2); its remedy says which --help to type.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

} // namespace unitgate

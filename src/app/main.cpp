// SPDX-License-Identifier: MIT
// The program: read the command line, call the verb. Under the name of the generator it is that.
#include <cstdlib>
#include <unistd.h>

#include "app/generate.hpp"
#include "app/help.hpp"
#include "app/options.hpp"
#include "app/output.hpp"

using namespace unitgate;

namespace {

// All that a verb has to put right is right when it returns. The destructors that exit(3) calls would read
// pages of each of the forty libraries that libcurl brings, which made the end of a run its peak of memory.
[[noreturn]] void end(int code) {
#ifdef UNITGATE_SANITIZED
    std::exit(code); // looks for leaks
#else
    ::_exit(code);
#endif
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (argc > 0 && is_generator(argv[0])) return run_generator(arguments);

    auto line = parse_command_line(arguments);
    if (!line) {
        print_error(line.error());
        return exit_usage;
    }
    const Invocation& invocation = line->invocation;
    switch (line->asks) {
    case CommandLine::Asks::help:
        return print(invocation.verb ? help_text(*invocation.verb) : help_text());
    case CommandLine::Asks::version:
        return print(version_text());
    case CommandLine::Asks::verb:
        break;
    }
    end(invocation.verb->function(invocation));
}

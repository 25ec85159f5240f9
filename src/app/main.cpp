// SPDX-License-Identifier: MIT
// The program: read the command line, call the verb. Under the name of the generator it is that.
#include "app/generate.hpp"
#include "app/help.hpp"
#include "app/options.hpp"
#include "app/output.hpp"

using namespace unitgate;

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
    return invocation.verb->function(invocation);
}

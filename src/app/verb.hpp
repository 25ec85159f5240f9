// SPDX-License-Identifier: MIT
// The tables of verbs and options, and one call of a verb. The tables drive parsing (options.hpp), `--help`
// (help.hpp), the completions test and the man page test: what stands nowhere in them does not exist.
// A verb is one file with one function; its row stands in verb.cpp. Everything here is constant data, so a
// start costs nothing.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/load.hpp"

namespace unitgate {

struct Option {
    std::string_view name;     // without "--"
    std::string_view argument; // "DIR"; empty: takes none
    std::string_view help;     // a clause, begins in lower case, no full stop
    char letter = 0;           // 'h'; 0: none
    bool required = false;     // leaving it out is a usage error
};

// A word after the verb that picks what it does: `alerts record`.
struct SubVerb {
    std::string_view name;
    std::string_view arguments; // as shown: "UNIT"
    std::string_view summary;
    std::size_t least = 0, most = 0; // number of arguments
    bool by_default = false;         // what the verb does without a word
};

inline constexpr std::size_t any_number = ~std::size_t{0};

struct Invocation;

struct Verb {
    std::string_view name;
    std::string_view arguments; // as shown: "NAME", "[NAME...]"; empty: none, or sub-verbs
    std::string_view summary;   // one line of `unitgate --help`
    std::string_view text; // `unitgate VERB --help` below the usage line: sentences, lines broken by hand
    std::span<const Option> options;
    std::span<const SubVerb> sub_verbs;           // not empty: the first argument must be one of them
    std::size_t least = 0, most = 0;              // number of arguments without sub-verbs
    int (*function)(const Invocation&) = nullptr; // gives the exit code
};

struct Invocation {
    const Verb* verb = nullptr;
    std::string_view sub_verb; // empty where the verb has none
    std::vector<std::string> arguments;
    SpecPath specs;                        // with --specs: those folders instead of the usual ones
    std::vector<std::string> spec_folders; // --specs as given, to be passed on; empty: not given
    std::string state_folder;              // --state; empty: not given, see default_state_folder()
    bool json = false;
    bool pager = true;
    std::map<std::string, std::string, std::less<>>
        options; // the verb's own, those given, with their argument

    bool has(std::string_view option) const { return options.find(option) != options.end(); }
    std::string value(std::string_view option) const; // empty where it is not given
};

std::span<const Verb> verbs();            // in the order of `--help`
std::span<const Option> global_options(); // before or after the verb
const Verb* find_verb(std::string_view name);

// One file each.
int alerts_verb(const Invocation& invocation);
int generate_verb(const Invocation& invocation);
int plan_verb(const Invocation& invocation);
int probe_verb(const Invocation& invocation);
int prove_verb(const Invocation& invocation);
int release_verb(const Invocation& invocation);
int status_verb(const Invocation& invocation);
int verify_verb(const Invocation& invocation);

// --state, else the usual folder.
std::string state_folder_of(const Invocation& invocation);

// Exit codes that all verbs but `run` share; `run` has those of RunExit.
inline constexpr int exit_success = 0, exit_failure = 1, exit_usage = 2;
inline constexpr int exit_not_wanted = 3; // start, reconcile: all up, but some not on the wanted version

} // namespace unitgate

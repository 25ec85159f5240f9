// SPDX-License-Identifier: MIT
#include "app/help.hpp"

#include <algorithm>

#include "config.hpp"

namespace unitgate {

namespace {

std::string option_words(const Option& option) {
    std::string words = option.letter ? std::string{'-', option.letter} + ", " : std::string();
    words += "--" + std::string(option.name);
    if (!option.argument.empty()) words += " " + std::string(option.argument);
    return words;
}

void add_row(std::string& out, std::string left, std::string_view right) {
    constexpr std::size_t column = 24; // the widest left side is 21
    left.insert(0, "  ");
    left.resize(std::max(left.size() + 1, column), ' ');
    out += left + std::string(right) + "\n";
}

void add_options(std::string& out, std::string_view title, std::span<const Option> options) {
    if (options.empty()) return;
    out += "\n" + std::string(title) + ":\n";
    for (const Option& option : options)
        add_row(out, option_words(option), option.help);
}

bool has_default_word(const Verb& verb) {
    return std::any_of(verb.sub_verbs.begin(), verb.sub_verbs.end(),
                       [](const SubVerb& sub) { return sub.by_default; });
}

std::string with_arguments(std::string_view name, std::string_view arguments) {
    return arguments.empty() ? std::string(name) : std::string(name) + " " + std::string(arguments);
}

} // namespace

std::string help_text() {
    std::string out = "Usage: unitgate [OPTION...] VERB [ARGUMENT...]\n\n"
                      "Deploys an app and lets its unit become active only once the app answers.\n\nVerbs:\n";
    for (const Verb& verb : verbs())
        add_row(out, with_arguments(verb.name, verb.arguments), verb.summary);
    add_options(out, "Options, before or after the verb", global_options());
    out += "\n'unitgate VERB --help' tells more of a verb; unitgate(1) is the manual.\n";
    return out;
}

std::string help_text(const Verb& verb) {
    std::string out = "Usage: unitgate [OPTION...] " + std::string(verb.name);
    for (const Option& option : verb.options) {
        std::string words = "--" + with_arguments(option.name, option.argument);
        words = option.required ? " " + words : " [" + words + "]";
        if (out.size() - (out.rfind('\n') + 1) + words.size() > 90) out += "\n      "; // under "Usage:"
        out += words;
    }
    if (!verb.sub_verbs.empty())
        out += has_default_word(verb) ? " [WORD [ARGUMENT...]]" : " WORD [ARGUMENT...]";
    else if (!verb.arguments.empty())
        out += " " + std::string(verb.arguments);
    out += "\n\n" + std::string(verb.text) + "\n";
    if (!verb.sub_verbs.empty()) out += "\nWords:\n";
    for (const SubVerb& sub : verb.sub_verbs)
        add_row(out, with_arguments(sub.name, sub.arguments), sub.summary);
    add_options(out, "Options of this verb", verb.options);
    add_options(out, "Options of every verb", global_options());
    return out;
}

std::string version_text() {
    return "unitgate " UNITGATE_VERSION "\n";
}

} // namespace unitgate

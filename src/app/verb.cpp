// SPDX-License-Identifier: MIT
#include "app/verb.hpp"

#include <algorithm>
#include <array>

namespace unitgate {

namespace {

constexpr Option globals[] = {
    {"specs", "DIR", "read specs from DIR instead of the usual folders; repeatable, the first one wins"},
    {"state", "DIR", "keep state and alerts in DIR instead of /var/lib/unitgate"},
    {"json", "", "print JSON instead of text"},
    {"no-pager", "", "do not show long text in a pager"},
    {"help", "", "show this text, or with a verb that verb's", 'h'},
    {"version", "", "show the version"},
};

// One row a verb; a row exists once its function does.
constexpr std::array<Verb, 0> table = {};

} // namespace

std::string Invocation::value(std::string_view option) const {
    auto found = options.find(option);
    return found == options.end() ? std::string() : found->second;
}

std::span<const Verb> verbs() {
    return table;
}

std::span<const Option> global_options() {
    return globals;
}

const Verb* find_verb(std::string_view name) {
    auto all = verbs();
    auto found = std::find_if(all.begin(), all.end(), [&](const Verb& verb) { return verb.name == name; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace unitgate

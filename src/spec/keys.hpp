// SPDX-License-Identifier: MIT
// Every key of a spec and of unitgate.toml, as data: the decoder refuses what is not here, suggests what is,
// and a test holds unitgate.toml(5) against it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace unitgate {

struct KnownKey {
    std::string_view
        table; // "" for the top of the file, "unit", "gate", "gate.probe"; "settings" is unitgate.toml
    std::string_view key;
    std::string_view
        kind; // "string", "list of strings", "duration", "integer", "boolean", "table", "list of tables"
    std::string_view example; // a right-hand side that is valid
};

std::span<const KnownKey> known_keys();

// The row of a key; nullptr where there is none.
const KnownKey* known_key(std::string_view table, std::string_view key);

// What to write in place of an unknown key: the nearest key of its table, or the table that has it.
std::string suggest_key(std::string_view table, std::string_view key);

// As a person writes it: "[gate]", "[[gate.probe]]", "the top of the file".
std::string shown_table(std::string_view table);

} // namespace unitgate

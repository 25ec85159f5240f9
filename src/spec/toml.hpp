// SPDX-License-Identifier: MIT
// A TOML 1.0 file as a tree in which every key and every value knows its place, and what is wrong with the
// file. Written here because the diagnostics need what no packaged library keeps: the place of each key, one
// cause per mistake in words of this program, the same under every release of a library, and reading on after
// a mistake. The unit tests hold it against toml11. Called by spec/load alone; opens no file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace unitgate {

struct Node {
    enum class Kind { text, integer, real, boolean, date, list, table };
    Kind kind = Kind::table;
    std::string name; // its key; empty in a list and for the root
    Place key;        // of the key; of the element itself in a list
    Place place;      // of the value; of the header for a [table]
    std::string text; // a text decoded, other scalars as written
    std::int64_t integer = 0;
    double real = 0;
    bool boolean = false;
    std::vector<Node> children; // of a list or a table, in the order of the file

    // How a table or list came about: decides what may still be added to it.
    enum class Origin : std::uint8_t { value, implied, header, dotted };
    Origin origin = Origin::value;

    const Node* find(std::string_view child) const; // of a table; nullptr where missing
    Node* find(std::string_view child);
};

// "a string", "an integer", "a list", ...
std::string_view kind_with_article(Node::Kind kind);

struct TomlLimits {
    static constexpr std::size_t bytes = std::size_t{256} << 10; // of a file
    static constexpr int depth = 16;                             // lists and tables in each other
    static constexpr std::size_t nodes = 10'000;
};

struct TomlFile {
    Node root;          // what could be read
    Diagnostics errors; // at most ten; after one of them the tree may lack keys
};

// `file` must outlive the tree: its places point to it.
TomlFile parse_toml(const SourceFile& file);

} // namespace unitgate

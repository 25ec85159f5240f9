// SPDX-License-Identifier: MIT
#include "spec/fingerprint.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"

namespace unitgate {

namespace {

// Each piece carries its length, so that no two trees give one text.
void add(std::string& out, char tag, std::string_view piece) {
    out += tag;
    out += std::to_string(piece.size());
    out += ':';
    out += piece;
}

void write(std::string& out, const Node& node) {
    switch (node.kind) {
    case Node::Kind::text:
        return add(out, 't', node.text);
    case Node::Kind::integer:
        return add(out, 'i', std::to_string(node.integer));
    case Node::Kind::boolean:
        return add(out, 'b', node.boolean ? "1" : "0");
    case Node::Kind::real:
        return add(out, 'r', node.text);
    case Node::Kind::date:
        return add(out, 'd', node.text);
    case Node::Kind::list:
        add(out, 'l', std::to_string(node.children.size()));
        for (const Node& child : node.children)
            write(out, child);
        return;
    case Node::Kind::table:
        break;
    }
    std::vector<const Node*> sorted;
    for (const Node& child : node.children)
        sorted.push_back(&child);
    std::sort(sorted.begin(), sorted.end(), [](const Node* a, const Node* b) { return a->name < b->name; });
    add(out, 'm', std::to_string(sorted.size()));
    for (const Node* child : sorted) {
        add(out, 'k', child->name);
        write(out, *child);
    }
}

} // namespace

std::string fingerprint(const Node& table) {
    std::string text;
    write(text, table);
    return sha256_hex(text);
}

} // namespace unitgate

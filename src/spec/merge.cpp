// SPDX-License-Identifier: MIT
#include "spec/merge.hpp"

#include <string>
#include <utility>

namespace unitgate {

namespace {

using Kind = Node::Kind;

const std::string* probe_name(const Node& probe) {
    const Node* name = probe.kind == Kind::table ? probe.find("name") : nullptr;
    return name && name->kind == Kind::text ? &name->text : nullptr;
}

void set_name(Node& probe, std::string text) {
    Node name;
    name.kind = Kind::text;
    name.name = "name";
    name.key = name.place = probe.place;
    name.text = std::move(text);
    probe.children.push_back(std::move(name));
}

Node* named_probe(Node& list, const std::string& name) {
    for (Node& each : list.children)
        if (const std::string* own = probe_name(each); own && *own == name) return &each;
    return nullptr;
}

void merge_probes(Node& base, Node&& over) {
    for (Node& probe : over.children) {
        const std::string* name = probe_name(probe);
        if (Node* taken = name ? named_probe(base, *name) : nullptr) {
            *taken = std::move(probe);
            continue;
        }
        // One without a name is always appended: a default name that is taken would replace by accident.
        if (!name && probe.kind == Kind::table && !probe.find("name")) {
            std::size_t number = base.children.size() + 1;
            while (named_probe(base, "probe-" + std::to_string(number)))
                ++number;
            set_name(probe, "probe-" + std::to_string(number));
        }
        base.children.push_back(std::move(probe));
    }
}

enum class Where { top, gate, elsewhere };

void merge_table(Node& base, Node&& over, Where where) {
    for (Node& child : over.children) {
        Node* old = base.find(child.name);
        if (!old) {
            base.children.push_back(std::move(child));
        } else if (old->kind == Kind::table && child.kind == Kind::table) {
            const bool is_gate = where == Where::top && child.name == "gate";
            merge_table(*old, std::move(child), is_gate ? Where::gate : Where::elsewhere);
        } else if (where == Where::gate && child.name == "probe" && old->kind == Kind::list &&
                   child.kind == Kind::list) {
            merge_probes(*old, std::move(child));
        } else {
            *old = std::move(child);
        }
    }
}

} // namespace

void name_probes(Node& root) {
    Node* gate = root.find("gate");
    Node* probes = gate && gate->kind == Kind::table ? gate->find("probe") : nullptr;
    if (!probes || probes->kind != Kind::list) return;
    for (std::size_t i = 0; i < probes->children.size(); ++i) {
        Node& probe = probes->children[i];
        if (probe.kind == Kind::table && !probe.find("name"))
            set_name(probe, "probe-" + std::to_string(i + 1));
    }
}

void merge(Node& base, Node&& over) {
    merge_table(base, std::move(over), Where::top);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// An Order as text, JSON, Graphviz DOT and SVG. Pure: gives text, prints nothing.
#pragma once

#include <string>

#include "base/json.hpp"
#include "plan/graph.hpp"
#include "plan/order.hpp"

namespace unitgate {

std::string plan_text(const Graph& graph, const Order& order);
Json plan_json(const Graph& graph, const Order& order);
std::string plan_dot(const Graph& graph, const Order& order);
std::string plan_svg(const Graph& graph, const Order& order);

} // namespace unitgate

// SPDX-License-Identifier: MIT
// The pictures of a plan: a column a wave, an arrow from each unit to what waits for it.
#include "report/plan_text.hpp"

#include <algorithm>

namespace unitgate {

namespace {

// The same escapes serve XML text and attributes; names of units hold no other special byte.
std::string xml(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string dot_string(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string why(const Graph& graph, const OrderEdge& edge) {
    std::string out;
    for (const Wait& link : edge.links)
        out += (out.empty() ? "" : "; ") + graph.edges()[link.index].origin.text();
    return out;
}

constexpr int box_height = 34, gap_x = 90, gap_y = 18, margin = 24, letter = 8;

struct Box {
    int x = 0, y = 0, width = 0;
};

} // namespace

std::string plan_dot(const Graph& graph, const Order& order) {
    std::string out = "digraph plan {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const auto& wave : order.waves) {
        out += "  { rank=same;";
        for (auto i : wave)
            out += " " + dot_string(graph[order.units[i].id].name) + ";";
        out += " }\n";
    }
    for (const auto& unit : order.units)
        for (const auto& edge : unit.after)
            out += "  " + dot_string(graph[order.units[edge.before].id].name) + " -> " +
                   dot_string(graph[unit.id].name) + " [tooltip=" + dot_string(why(graph, edge)) + "];\n";
    return out + "}\n";
}

std::string plan_svg(const Graph& graph, const Order& order) {
    std::vector<Box> boxes(order.units.size());
    auto columns = order.waves;
    if (!order.in_cycle.empty()) columns.push_back(order.in_cycle);
    int x = margin, height = 0;
    for (const auto& column : columns) {
        int width = 0, y = margin + 20;
        for (auto i : column)
            width = std::max(width, letter * static_cast<int>(graph[order.units[i].id].name.size()) + 20);
        for (auto i : column) {
            boxes[i] = {x, y, width};
            y += box_height + gap_y;
        }
        height = std::max(height, y);
        x += width + gap_x;
    }
    int total = std::max(x - gap_x + margin, 200);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(total) +
                      "\" height=\"" + std::to_string(height + margin) +
                      "\" font-family=\"monospace\" font-size=\"13\">\n" +
                      "<title>start order of the deploy units</title>\n<rect width=\"100%\" height=\"100%\" "
                      "fill=\"#fff\"/>\n"
                      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" "
                      "markerHeight=\"8\" "
                      "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#456\"/></marker></defs>\n";
    for (std::size_t wave = 0; wave < columns.size(); ++wave)
        out += "<text x=\"" + std::to_string(boxes[columns[wave][0]].x) + "\" y=\"" + std::to_string(margin) +
               "\" fill=\"#456\">" +
               (wave < order.waves.size() ? "wave " + std::to_string(wave + 1) : "circular") + "</text>\n";
    for (std::size_t i = 0; i < order.units.size(); ++i)
        for (const auto& edge : order.units[i].after) {
            const Box &from = boxes[edge.before], &to = boxes[i];
            int x1 = from.x + from.width, y1 = from.y + box_height / 2, x2 = to.x, y2 = to.y + box_height / 2;
            int bend = std::max((x2 - x1) / 2, 20);
            out += "<path d=\"M" + std::to_string(x1) + " " + std::to_string(y1) + "C" +
                   std::to_string(x1 + bend) + " " + std::to_string(y1) + " " + std::to_string(x2 - bend) +
                   " " + std::to_string(y2) + " " + std::to_string(x2) + " " + std::to_string(y2) +
                   "\" fill=\"none\" stroke=\"#456\" marker-end=\"url(#tip)\"><title>" +
                   xml(why(graph, edge)) + "</title></path>\n";
        }
    for (std::size_t i = 0; i < order.units.size(); ++i) {
        const Box& box = boxes[i];
        out += "<rect x=\"" + std::to_string(box.x) + "\" y=\"" + std::to_string(box.y) + "\" width=\"" +
               std::to_string(box.width) + "\" height=\"" + std::to_string(box_height) +
               "\" rx=\"5\" fill=\"#eef3f8\" stroke=\"#456\"/>\n<text x=\"" + std::to_string(box.x + 10) +
               "\" y=\"" + std::to_string(box.y + 22) + "\">" + xml(graph[order.units[i].id].name) +
               "</text>\n";
    }
    return out + "</svg>\n";
}

} // namespace unitgate

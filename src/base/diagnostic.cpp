// SPDX-License-Identifier: MIT
#include "base/diagnostic.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace unitgate {

namespace {

std::string line_of(const SourceFile& file, std::uint32_t line) {
    auto lines = split(file.text, '\n');
    if (line == 0 || line > lines.size()) return {};
    std::string_view text = lines[line - 1];
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return std::string(text);
}

} // namespace

Diagnostic diagnose(const Place& place, std::string code, std::string cause, std::string remedy,
                    Severity severity) {
    Diagnostic one{severity, std::move(code), {}, 0, 0, 1, {}, std::move(cause), {}, std::move(remedy)};
    if (!place.file) return one;
    one.path = place.file->path;
    one.line = place.line;
    one.column = place.column;
    one.width = std::max<std::uint32_t>(place.width, 1);
    one.source = line_of(*place.file, place.line);
    return one;
}

bool has_errors(const Diagnostics& all) {
    return std::any_of(all.begin(), all.end(), [](const auto& one) { return one.severity == Severity::error; });
}

std::string format_diagnostic(const Diagnostic& one) {
    std::string out;
    if (!one.path.empty()) {
        out += escape_controls(one.path) + ':';
        if (one.line > 0) out += std::to_string(one.line) + ':' + std::to_string(one.column) + ':';
        out += ' ';
    }
    out += one.severity == Severity::error ? "error: " : "warning: ";
    out += escape_controls(one.cause) + " [" + one.code + "]\n";
    if (one.line > 0 && one.column > 0) {
        std::string number = std::to_string(one.line);
        number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
        std::string_view source = one.source;
        std::size_t before = std::min<std::size_t>(one.column - 1, source.size());
        // Escaped text is wider than its bytes, so the caret is placed by what is shown.
        std::string head = escape_controls(source.substr(0, before));
        std::string marked = escape_controls(source.substr(before, one.width));
        std::string tail = before + one.width < source.size() ? escape_controls(source.substr(before + one.width)) : "";
        out += number + " | " + head + marked + tail + '\n';
        auto cells = [](std::string_view shown) {
            return std::count_if(shown.begin(), shown.end(), [](char c) { return (c & 0xc0) != 0x80; });
        };
        out += std::string(number.size(), ' ') + " | " + std::string(cells(head), ' ') + '^' +
               std::string(std::max<long>(cells(marked) - 1, 0), '~') + '\n';
    }
    for (const auto& note : one.notes) out += "  " + escape_controls(note) + '\n';
    if (!one.remedy.empty()) out += "  remedy: " + escape_controls(one.remedy) + '\n';
    return out;
}

std::string format_diagnostics(const Diagnostics& all) {
    std::string out;
    for (const auto& one : all) out += format_diagnostic(one);
    return out;
}

} // namespace unitgate

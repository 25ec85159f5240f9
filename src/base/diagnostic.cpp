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

// Bytes of a line that are shown before and after the start of the caret.
constexpr std::size_t shown_before = 60, shown_after = 120;

// A byte that may be cut at: not one inside a UTF-8 character.
std::size_t cut_at(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
        --at;
    return at;
}

std::string source_with_caret(const Diagnostic& one) {
    std::string number = std::to_string(one.line);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    std::string_view source = one.source;
    std::size_t before = std::min<std::size_t>(one.column - 1, source.size());
    std::size_t first = 0, end = source.size();
    if (source.size() > shown_before + shown_after) {
        if (before > shown_before) first = cut_at(source, before - shown_before);
        end = std::min(cut_at(source, before + shown_after), source.size());
    }
    std::size_t marked_end = std::min<std::size_t>(before + one.width, end);
    // Escaped text is wider than its bytes, so the caret is placed by what is shown.
    std::string head = (first > 0 ? "..." : "") + escape_controls(source.substr(first, before - first));
    std::string marked = escape_controls(source.substr(before, marked_end - before));
    std::string tail =
        escape_controls(source.substr(marked_end, end - marked_end)) + (end < source.size() ? "..." : "");
    auto cells = [](std::string_view shown) {
        return std::count_if(shown.begin(), shown.end(), [](char c) { return (c & 0xc0) != 0x80; });
    };
    return number + " | " + head + marked + tail + '\n' + std::string(number.size(), ' ') + " | " +
           std::string(static_cast<std::size_t>(cells(head)), ' ') + '^' +
           std::string(static_cast<std::size_t>(std::max<long>(cells(marked) - 1, 0)), '~') + '\n';
}

} // namespace

Diagnostic diagnose(const Place& place, std::string code, std::string cause, std::string remedy,
                    Severity severity) {
    Diagnostic one{severity, std::move(code), {}, 0, 0, 1, {}, std::move(cause), {}, std::move(remedy), {}};
    if (!place.file) return one;
    one.path = place.file->path;
    one.line = place.line;
    one.column = place.column;
    one.width = std::max<std::uint32_t>(place.width, 1);
    one.source = line_of(*place.file, place.line);
    return one;
}

bool has_errors(const Diagnostics& all) {
    return std::any_of(all.begin(), all.end(),
                       [](const auto& one) { return one.severity == Severity::error; });
}

std::string format_diagnostic(const Diagnostic& one, SourceLines lines) {
    std::string out;
    if (!one.path.empty()) {
        out += escape_controls(one.path) + ':';
        if (one.line > 0) out += std::to_string(one.line) + ':' + std::to_string(one.column) + ':';
        out += ' ';
    }
    out += one.severity == Severity::error ? "error: " : "warning: ";
    out += escape_controls(one.cause) + " [" + one.code + "]\n";
    if (lines == SourceLines::shown && one.line > 0 && one.column > 0) out += source_with_caret(one);
    for (const auto& note : one.notes)
        out += "  " + escape_controls(note) + '\n';
    if (!one.remedy.empty()) out += "  remedy: " + escape_controls(one.remedy) + '\n';
    return out;
}

std::string format_diagnostics(const Diagnostics& all, SourceLines lines) {
    std::string out;
    for (const auto& one : all)
        out += format_diagnostic(one, lines);
    return out;
}

std::string one_line(const Diagnostic& one) {
    if (one.path.empty()) return one.cause;
    return one.path + (one.line ? ":" + std::to_string(one.line) : "") + ": " + one.cause;
}

} // namespace unitgate

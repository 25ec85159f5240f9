// SPDX-License-Identifier: MIT
#include "io/process_tree.hpp"

#include <algorithm>
#include <charconv>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

std::optional<ProcessEntry> parse_stat(std::string_view text) {
    auto bracket = text.find_last_of(')');
    auto open = text.find(" (");
    if (bracket == std::string_view::npos || open == std::string_view::npos || bracket + 2 > text.size())
        return std::nullopt;
    std::vector<std::string_view> fields = split(text.substr(bracket + 2), ' ');
    if (fields.size() < 3 || fields[0].empty()) return std::nullopt;
    auto pid = number<pid_t>(text.substr(0, open)), parent = number<pid_t>(fields[1]);
    auto group = number<pid_t>(trim(fields[2]));
    if (!pid || !parent || !group) return std::nullopt;
    return ProcessEntry{*pid, *parent, *group, fields[0] == "Z" || fields[0] == "X"};
}

std::vector<ProcessEntry> all_processes() {
    std::vector<ProcessEntry> all;
    Folder proc("/proc");
    while (const dirent* entry = proc.next()) {
        if (!number<pid_t>(entry->d_name)) continue;
        Result<std::string> text = read_file("/proc/" + std::string(entry->d_name) + "/stat", 4096);
        if (!text) continue; // it has ended meanwhile
        if (auto parsed = parse_stat(*text)) all.push_back(*parsed);
    }
    return all;
}

std::vector<ProcessEntry> descendants(const std::vector<ProcessEntry>& all, pid_t root) {
    std::vector<ProcessEntry> found;
    std::vector<pid_t> parents{root};
    while (!parents.empty()) {
        pid_t parent = parents.back();
        parents.pop_back();
        for (const ProcessEntry& entry : all)
            if (entry.parent == parent && entry.pid != root) {
                found.push_back(entry);
                parents.push_back(entry.pid);
            }
    }
    return found;
}

bool has_in_environment(pid_t pid, std::string_view entry) {
    constexpr std::size_t longest = 4 << 20; // execve(2) takes no more than a quarter of the stack's limit
    Result<std::string> text = read_file("/proc/" + std::to_string(pid) + "/environ", longest);
    if (!text) return false;
    auto all = split(*text, '\0');
    return std::find(all.begin(), all.end(), entry) != all.end();
}

std::optional<std::string> unified_cgroup(std::string_view text) {
    for (std::string_view line : split(text, '\n'))
        if (line.substr(0, 3) == "0::" && line.size() > 3) return std::string(line.substr(3));
    return std::nullopt;
}

std::optional<std::uint64_t> oom_kill_count(std::string_view text) {
    for (std::string_view line : split(text, '\n'))
        if (line.substr(0, 9) == "oom_kill ") return number<std::uint64_t>(trim(line.substr(9)));
    return std::nullopt;
}

std::optional<std::uint64_t> oom_kills_here() {
    Result<std::string> groups = read_file("/proc/self/cgroup", 65536);
    if (!groups) return std::nullopt;
    auto group = unified_cgroup(*groups);
    if (!group) return std::nullopt;
    Result<std::string> events = read_file("/sys/fs/cgroup" + *group + "/memory.events", 65536);
    if (!events) return std::nullopt;
    return oom_kill_count(*events);
}

} // namespace unitgate

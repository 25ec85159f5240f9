// SPDX-License-Identifier: MIT
#include "io/listeners.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <unistd.h>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::string_view state_listen = "0A"; // TCP_LISTEN of the kernel's net/tcp_states.h

// "0100007F:01BB": each group of eight digits is four bytes of the address as the machine's own number.
std::optional<SocketAddress> parse_local(std::string_view text) {
    auto colon = text.find(':');
    if (colon != 8 && colon != 32) return {};
    std::uint32_t words[4] = {};
    for (std::size_t i = 0; i < colon / 8; ++i)
        if (std::from_chars(text.data() + 8 * i, text.data() + 8 * i + 8, words[i], 16).ec != std::errc())
            return {};
    std::uint16_t port = 0;
    if (std::from_chars(text.data() + colon + 1, text.data() + text.size(), port, 16).ec != std::errc())
        return {};
    char host[INET6_ADDRSTRLEN];
    if (!::inet_ntop(colon == 8 ? AF_INET : AF_INET6, words, host, sizeof host)) return {};
    return SocketAddress{host, port};
}

// Inode of each listening socket that is asked for -> its address.
std::map<std::string, SocketAddress, std::less<>> sockets(std::span<const SocketAddress> wanted,
                                                          const std::string& proc) {
    std::map<std::string, SocketAddress, std::less<>> found;
    std::set<std::string> asked;
    for (const auto& each : wanted)
        asked.insert(each.text());
    for (const char* table : {"/net/tcp", "/net/tcp6"}) {
        auto text = read_file(proc + table, std::size_t{64} << 20);
        if (!text) continue;
        for (auto line : split(*text, '\n')) {
            std::vector<std::string_view> fields;
            for (auto field : split(line, ' '))
                if (!field.empty()) fields.push_back(field);
            // sl local remote st queues timer retransmits uid timeout inode
            if (fields.size() < 10 || fields[3] != state_listen) continue;
            auto address = parse_local(fields[1]);
            if (address && asked.contains(address->text())) found.emplace(fields[9], *address);
        }
    }
    return found;
}

// Those of `sockets` that a process holds: by the links in its /proc/PID/fd, which may name one twice.
std::set<std::string> held_sockets(const std::string& links,
                                   const std::map<std::string, SocketAddress, std::less<>>& sockets) {
    std::set<std::string> held;
    Folder fds(links);
    while (const dirent* fd = fds.next()) {
        char target[64];
        ssize_t length = ::readlink((links + "/" + fd->d_name).c_str(), target, sizeof target);
        std::string_view link(target, length < 0 ? 0 : static_cast<std::size_t>(length));
        if (!link.starts_with("socket:[") || !link.ends_with("]")) continue;
        std::string inode(link.substr(8, link.size() - 9));
        if (sockets.contains(inode)) held.insert(std::move(inode));
    }
    return held;
}

} // namespace

std::string unit_of_cgroup(std::string_view text) {
    for (auto line : split(text, '\n')) {
        // "0::PATH", or systemd's own hierarchy where it is no unified one.
        if (!line.starts_with("0::") && line.find(":name=systemd:") == std::string_view::npos) continue;
        // The first: what is below a unit is its own affair.
        for (auto part : split(line.substr(line.find('/') + 1), '/'))
            if (part.ends_with(".service") || part.ends_with(".scope")) return std::string(part);
    }
    return {};
}

std::vector<Listener> find_listeners(std::span<const SocketAddress> wanted, const std::string& proc) {
    std::vector<Listener> found;
    auto by_inode = sockets(wanted, proc);
    if (by_inode.empty()) return found;
    Folder processes(proc);
    while (const dirent* process = processes.next()) {
        const std::string_view number = process->d_name;
        int pid = 0;
        if (std::from_chars(number.data(), number.data() + number.size(), pid).ec != std::errc()) continue;
        const std::string folder = proc + "/" + process->d_name;
        const std::set<std::string> held = held_sockets(folder + "/fd", by_inode);
        if (held.empty()) continue;
        auto cgroup = read_file(folder + "/cgroup", std::size_t{1} << 16);
        std::string unit = cgroup ? unit_of_cgroup(*cgroup) : "";
        if (unit.empty()) continue;
        for (const auto& inode : held)
            found.push_back({by_inode.at(inode), pid, unit});
    }
    return found;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "io/listeners.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unistd.h>

#include "base/file.hpp"
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

template <class Visit>
void each_entry(const std::string& folder, Visit visit) {
    std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
    while (dir)
        if (const dirent* entry = ::readdir(dir.get()))
            visit(entry->d_name);
        else
            break;
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
    each_entry(proc, [&](const char* process) {
        int pid = 0;
        if (std::from_chars(process, process + std::strlen(process), pid).ec != std::errc()) return;
        std::string folder = proc + "/" + process + "/fd";
        std::vector<std::string> held;
        each_entry(folder, [&](const char* fd) {
            char target[64];
            ssize_t length = ::readlink((folder + "/" + fd).c_str(), target, sizeof target);
            std::string_view link(target, length < 0 ? 0 : static_cast<std::size_t>(length));
            if (!link.starts_with("socket:[") || !link.ends_with("]")) return;
            std::string inode(link.substr(8, link.size() - 9));
            if (by_inode.contains(inode) && std::find(held.begin(), held.end(), inode) == held.end())
                held.push_back(inode);
        });
        if (held.empty()) return;
        auto cgroup = read_file(proc + "/" + process + "/cgroup", std::size_t{1} << 16);
        std::string unit = cgroup ? unit_of_cgroup(*cgroup) : "";
        if (unit.empty()) return;
        for (const auto& inode : held)
            found.push_back({by_inode.at(inode), pid, unit});
    });
    return found;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "plan/serves.hpp"

#include <algorithm>

#include "spec/url.hpp"

namespace unitgate {

namespace {

std::string origin_of(const Url& url) {
    return url.scheme + "://" + url.host + ":" + std::to_string(url.port);
}

std::string with_slash(std::string path) {
    if (path.empty() || path.back() != '/') path += '/';
    return path;
}

bool is_numeric(const std::string& host) {
    return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
}

// What a spec calls the stack that it deploys: the last word of "docker stack deploy ... STACK", and, where
// another program deploys it, the app.
const std::string& stack_of(const Spec& spec) {
    const std::vector<std::string>& words = spec.deploy.command;
    for (std::size_t i = 0; i + 2 < words.size(); ++i)
        if (words[i] == "stack" && (words[i + 1] == "deploy" || words[i + 1] == "up")) return words.back();
    return spec.app;
}

void add_once(const Server& server, std::vector<Server>& found) {
    auto same = [&](const Server& other) { return other.spec == server.spec; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(server);
}

} // namespace

ServesIndex::ServesIndex(std::span<const Spec> specs) {
    for (const Spec& spec : specs) {
        for (const auto& served : spec.serves)
            if (auto url = parse_url(served.value))
                by_origin_[origin_of(*url)].push_back(
                    {with_slash(url->path), {&spec, served.place, "serves " + url->without_secrets()}});
        by_stack_[stack_of(spec)].push_back({&spec, {}, "deploys stack " + stack_of(spec)});
        for (const auto& listened : spec.listens)
            by_socket_[listened.value.text()].push_back(
                {&spec, listened.place, "listens " + listened.value.text()});
    }
}

void ServesIndex::add_url_server(const std::string& text, std::vector<Server>& found) const {
    auto url = parse_url(text);
    if (!url) return;
    auto at = by_origin_.find(origin_of(*url));
    if (at == by_origin_.end()) return;
    std::string path = with_slash(url->path);
    std::size_t longest = 0;
    for (const Served& served : at->second)
        if (path.starts_with(served.path)) longest = std::max(longest, served.path.size());
    for (const Served& served : at->second)
        if (served.path.size() == longest && path.starts_with(served.path)) add_once(served.server, found);
}

// The name of a service is STACK_SERVICE, and either part may hold a '_'.
void ServesIndex::add_stack_server(const std::string& service, std::vector<Server>& found) const {
    for (std::size_t end = service.rfind('_'); end != std::string::npos && end > 0;
         end = service.rfind('_', end - 1)) {
        auto at = by_stack_.find(std::string_view(service).substr(0, end));
        if (at == by_stack_.end()) continue;
        for (const Server& server : at->second)
            add_once(server, found);
        return; // the longest name of a stack
    }
}

std::optional<SocketAddress> address_of(const Probe& probe) {
    if (const auto* tcp = std::get_if<TcpProbe>(&probe.check)) return tcp->address;
    const Endpoint* asked = endpoint_of(probe);
    if (!asked || !asked->socket.empty()) return {};
    if (asked->connect) return asked->connect;
    auto url = parse_url(asked->url);
    if (!url) return {};
    std::string host = url->host == "localhost" ? "127.0.0.1" : url->host;
    if (!is_numeric(host)) return {};
    return SocketAddress{host, url->port};
}

std::vector<SocketAddress> listening_for(const SocketAddress& address) {
    std::vector<SocketAddress> all{address};
    // Only loopback is surely this host; there a socket on all addresses answers too.
    if (is_loopback(address)) {
        all.push_back({"0.0.0.0", address.port});
        all.push_back({"::", address.port});
    }
    return all;
}

std::vector<Server> ServesIndex::servers_of(const Probe& probe) const {
    std::vector<Server> found;
    if (const Endpoint* asked = endpoint_of(probe)) add_url_server(asked->url, found);
    if (const auto* swarm = std::get_if<SwarmProbe>(&probe.check)) add_stack_server(swarm->service, found);
    if (auto address = address_of(probe))
        for (const auto& listened : listening_for(*address))
            if (auto at = by_socket_.find(listened.text()); at != by_socket_.end())
                for (const Server& server : at->second)
                    add_once(server, found);
    return found;
}

std::map<std::string, std::string> probes_served_by(const std::vector<std::string>& units,
                                                    std::span<const Spec> specs, const Spec& spec) {
    std::map<std::string, std::string> served;
    ServesIndex index(specs);
    auto is_one = [&](const std::string& unit) {
        return std::find(units.begin(), units.end(), unit) != units.end();
    };
    for (const Probe& probe : spec.gate.probes) {
        if (probe.must_fail) continue; // would pass without its server
        if (const auto* asked = std::get_if<UnitProbe>(&probe.check)) {
            if (is_one(asked->unit)) served.emplace(probe.name, asked->unit);
            continue;
        }
        for (const Server& server : index.servers_of(probe))
            if (is_one(server.spec->unit.name)) served.emplace(probe.name, server.spec->unit.name);
    }
    return served;
}

} // namespace unitgate

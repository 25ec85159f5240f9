// SPDX-License-Identifier: MIT
// Who answers what a probe asks: the spec with the longest `serves` prefix of its URL, and beside it the spec
// whose `listens` has the address it connects to; for a `swarm` probe the spec that deploys the stack. What
// answers a `unix`, `exec`, `file` or `dns` probe is not known. A `unit` probe says itself whom it asks:
// plan/from_specs takes that unit. Pure; asks no resolver and no kernel.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spec/model.hpp"

namespace unitgate {

struct Server {
    const Spec* spec = nullptr;
    Place place;      // of the `serves` or `listens` value that matched, if it was one
    std::string what; // "serves https://ci.example.net/"
};

// Where a probe connects, as far as that is known without a resolver.
std::optional<SocketAddress> address_of(const Probe& probe);
// The addresses of sockets that answer there: that one, and those on all addresses where it is surely local.
std::vector<SocketAddress> listening_for(const SocketAddress& address);

class ServesIndex {
  public:
    // `specs` must outlive the index.
    explicit ServesIndex(std::span<const Spec> specs);
    // Each server once; empty when nobody is known to answer.
    std::vector<Server> servers_of(const Probe& probe) const;

  private:
    struct Served {
        std::string path; // ends in '/', so that prefixes are whole segments
        Server server;
    };
    void add_url_server(const std::string& url, std::vector<Server>& found) const;
    void add_stack_server(const std::string& service, std::vector<Server>& found) const;
    std::map<std::string, std::vector<Served>, std::less<>> by_origin_; // "https://host:443"
    std::map<std::string, std::vector<Server>, std::less<>> by_socket_; // "127.0.0.1:443"
    std::map<std::string, std::vector<Server>, std::less<>> by_stack_;
};

// The probes of `spec` that one of `units` answers, with that unit: those of a `unit` probe itself, and of
// the specs among `specs` that serve what is asked. One of several servers is enough: it needs them all.
std::map<std::string, std::string> probes_served_by(const std::vector<std::string>& units,
                                                    std::span<const Spec> specs, const Spec& spec);

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "spec/model.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "spec/url.hpp"

namespace unitgate {

std::string SocketAddress::text() const {
    std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return shown + ":" + std::to_string(port);
}

Result<SocketAddress> parse_socket_address(std::string_view text) {
    const char* remedy = "write it as \"127.0.0.1:443\" or \"[::1]:443\"";
    auto colon = text.rfind(':');
    std::string_view host = text.substr(0, colon);
    bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (colon == std::string_view::npos || (text.ends_with(']') && !bracketed))
        return fail("has no port", remedy);
    if (!bracketed && host.find(':') != std::string_view::npos)
        return fail("is an IPv6 address without brackets", remedy);
    if (bracketed) host = host.substr(1, host.size() - 2);

    auto shortest = shortest_address(host);
    if (!shortest || bracketed != (host.find(':') != std::string_view::npos))
        return fail("does not start with a numeric address", remedy);
    std::string_view digits = text.substr(colon + 1);
    unsigned port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535)
        return fail("has no port from 1 to 65535", remedy);
    return SocketAddress{*std::move(shortest), static_cast<std::uint16_t>(port)};
}

std::optional<std::string> shortest_address(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> shortest{};
    for (int family : {AF_INET, AF_INET6})
        if (inet_pton(family, std::string(text).c_str(), address.data()) == 1)
            return inet_ntop(family, address.data(), shortest.data(), shortest.size());
    return std::nullopt;
}

bool is_loopback(const SocketAddress& address) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET, address.host.c_str(), bytes.data()) == 1) return bytes[0] == 127;
    in6_addr v6{};
    if (inet_pton(AF_INET6, address.host.c_str(), &v6) != 1) return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

const Endpoint* endpoint_of(const Probe& probe) {
    if (const auto* http = std::get_if<HttpProbe>(&probe.check)) return http;
    return std::get_if<GrpcProbe>(&probe.check);
}

namespace {

struct Target {
    std::string operator()(const HttpProbe& probe) const { return url_without_secrets(probe.url); }
    std::string operator()(const TcpProbe& probe) const { return "tcp " + probe.address.text(); }
    std::string operator()(const UnixProbe& probe) const { return "unix " + probe.path; }
    std::string operator()(const UnitProbe& probe) const { return "unit " + probe.unit; }
    std::string operator()(const ExecProbe& probe) const { return "exec " + probe.command.front(); }
    std::string operator()(const FileProbe& probe) const { return "file " + probe.path; }
    std::string operator()(const DnsProbe& probe) const { return "dns " + probe.name; }
    std::string operator()(const SwarmProbe& probe) const { return "swarm " + probe.service; }
    std::string operator()(const GrpcProbe& probe) const {
        return "grpc " + url_without_secrets(probe.url) + probe.service;
    }
};

} // namespace

std::string probe_target(const Probe& probe) {
    return std::visit(Target(), probe.check);
}

bool GateSection::needs(const Probe& probe) const {
    if (probe.optional) return false;
    return probe.must_fail || !any || std::count_if(probes.begin(), probes.end(), proves_something) == 1;
}

Duration longest_run(const Spec& spec) {
    Duration sum = spec.version.timeout + spec.deploy.timeout + spec.gate.longest_deadline();
    // Before the deploy one try of each probe asks whether last good is healthy. As long as that takes by
    // default it is part of the margin that every time-out gets.
    sum += std::max(spec.gate.timeout - GateSection().timeout, Duration(0));
    // The rollback's command has the deploy's limit, then the gate runs again.
    if (spec.rollback.enabled) sum += spec.deploy.timeout + spec.rollback.deadline;
    return sum;
}

} // namespace unitgate

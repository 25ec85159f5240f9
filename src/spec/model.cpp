// SPDX-License-Identifier: MIT
#include "spec/model.hpp"

#include <array>
#include <charconv>

#include <arpa/inet.h>

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

    int family = bracketed ? AF_INET6 : AF_INET;
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    if (host.find('\0') != std::string_view::npos ||
        inet_pton(family, std::string(host).c_str(), address.data()) != 1)
        return fail("does not start with a numeric address", remedy);
    std::string_view digits = text.substr(colon + 1);
    unsigned port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535)
        return fail("has no port from 1 to 65535", remedy);
    // The shortest form, so that two ways to write one address compare equal.
    return SocketAddress{inet_ntop(family, address.data(), canonical.data(), canonical.size()),
                         static_cast<std::uint16_t>(port)};
}

Duration longest_run(const Spec& spec) {
    Duration sum = spec.version.timeout + spec.deploy.timeout + spec.gate.deadline;
    // The rollback's command has the deploy's limit, then the gate runs again.
    if (spec.rollback.enabled) sum += spec.deploy.timeout + spec.rollback.deadline;
    return sum;
}

} // namespace unitgate

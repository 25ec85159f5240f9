// SPDX-License-Identifier: MIT
#include "gate/dns_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "gate/blocking_probe.hpp"
#include "gate/evidence.hpp"

namespace unitgate {

namespace {

constexpr std::size_t most_shown = 4;

std::string reason(int error, int system_error) {
    switch (error) {
    case EAI_NONAME:
    case EAI_NODATA:
        return "the name does not resolve";
    case EAI_AGAIN:
        return "no name server answers for now";
    case EAI_SYSTEM:
        return std::string("the name cannot be looked up: ") + std::strerror(system_error);
    default:
        return std::string("the name cannot be looked up: ") + gai_strerror(error);
    }
}

struct FreeAddresses {
    void operator()(addrinfo* all) const { freeaddrinfo(all); }
};

TryResult look_up(const DnsProbe& probe, bool inspects) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM; // else each address comes three times
    addrinfo* list = nullptr;
    int error = getaddrinfo(probe.name.c_str(), nullptr, &hints, &list);
    if (error) return failed_for(Cause::dns, reason(error, errno));
    std::unique_ptr<addrinfo, FreeAddresses> held(list);
    std::vector<std::string> found;
    for (const addrinfo* one = list; one; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) == 0)
            found.emplace_back(text.data());
    }
    TryResult result = judge_addresses(probe.addresses, found);
    if (inspects) result.evidence = evidence_of(compare_addresses(probe.addresses, found));
    return result;
}

bool has(const std::vector<std::string>& found, const std::string& address) {
    return std::find(found.begin(), found.end(), address) != found.end();
}

} // namespace

TryResult judge_addresses(const std::vector<std::string>& wanted, const std::vector<std::string>& found) {
    for (const std::string& address : wanted) {
        if (has(found, address)) continue;
        std::vector<std::string> shown(found.begin(), found.begin() + std::min(found.size(), most_shown));
        return failed_for(Cause::address, "resolves to " + join(shown, ", ") +
                                              (found.size() > most_shown ? ", ..." : "") + ", not to " +
                                              address);
    }
    return {};
}

std::vector<Compared> compare_addresses(const std::vector<std::string>& wanted,
                                        const std::vector<std::string>& found) {
    std::vector<Compared> all;
    for (const std::string& address : wanted)
        all.push_back({"address", address, join(found, ", "), has(found, address)});
    return all;
}

std::unique_ptr<Prober> make_dns_prober(const Event& event, const DnsProbe& probe, Duration timeout) {
    return make_blocking_prober(
        event, "dns " + probe.name, timeout, [probe](bool inspects) { return look_up(probe, inspects); },
        failed_for(Cause::dns, "the name was not resolved within " + format_duration(timeout)));
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// The probe of a name: passes while it resolves and, where that is asked, to certain addresses. Asks the
// host's own resolver, as every program here would: /etc/hosts, name servers and whatever nsswitch.conf(5)
// says. Called by make_prober().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gate/evidence.hpp"
#include "gate/prober.hpp"

namespace unitgate {

std::unique_ptr<Prober> make_dns_prober(const Event& event, const DnsProbe& probe, Duration timeout);

// Whether all of `wanted` are among what a name resolves to. Pure.
TryResult judge_addresses(const std::vector<std::string>& wanted, const std::vector<std::string>& found);
// Each of `wanted` against them, for a person. Pure.
std::vector<Compared> compare_addresses(const std::vector<std::string>& wanted,
                                        const std::vector<std::string>& found);

} // namespace unitgate

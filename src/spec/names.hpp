// SPDX-License-Identifier: MIT
// What to say to someone who gave a NAME that no spec has. Pure; called by the loader and by the verbs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "spec/load.hpp"

namespace unitgate {

// The one of `names` that was likely meant, also behind the name of its unit or file ("deploy-proxy.service",
// "specs/proxy.toml"); empty: none.
std::string meant_by_name(std::string_view name, const std::vector<std::string>& names);

// That one; else those that there are, and where one of that name would be written.
std::string remedy_for_name(std::string_view name, const std::vector<std::string>& names,
                            const std::vector<std::string>& folders);

// That neither a good nor a broken spec has the name.
Error no_such_spec(std::string_view name, const LoadedSpecs& loaded, const std::vector<std::string>& folders);

// The same of one that may be there and broken.
Error why_not_good(std::string_view name, const LoadedSpecs& loaded, const std::vector<std::string>& folders);

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "deploy/edited.hpp"

#include <cerrno>
#include <sys/stat.h>

#include "base/finding_codes.hpp"
#include "deploy/state.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

Diagnostics find_edited_deploys(std::span<const Spec> specs, const std::string& state_folder) {
    Diagnostics found;
    auto add = [&](const Spec& spec, std::string_view code, const std::string& cause,
                   const std::string& remedy) {
        found.push_back(finding(place_of(spec), code, cause, remedy));
        found.back().units = {spec.unit.name};
    };
    struct stat info {};
    if (::stat((state_folder + "/apps").c_str(), &info) < 0 && errno == ENOENT)
        return found;         // nothing ran here yet
    bool told_denied = false; // once is enough: it is the same for all
    for (const Spec& spec : specs) {
        auto state = StateStore(state_folder, spec.name).load();
        if (!state) {
            bool denied = state.error().code == EACCES;
            if (!denied || !told_denied)
                add(spec, "not-checked", state.error().message, state.error().remedy);
            told_denied = told_denied || denied;
        } else if (const auto& good = state->last_good; good && good->fingerprint != spec.deploy.fingerprint)
            add(spec, "deploy-edited",
                "[deploy] was edited since version '" + good->version + "' passed its gate at " +
                    state->last_good_since + ": what runs was deployed by other words",
                "systemctl reload " + spec.unit.name + " deploys it as it stands now");
    }
    return found;
}

} // namespace unitgate

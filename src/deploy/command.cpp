// SPDX-License-Identifier: MIT
#include "deploy/command.hpp"

#include "io/environment.hpp"

namespace unitgate {

std::vector<std::string> run_environment(const Spec& spec, const RunVersions& versions,
                                         const std::vector<std::string>& inherited,
                                         const Expansion* of_deploy) {
    std::map<std::string, std::string> all = for_commands(inherited);
    if (of_deploy)
        for (const auto& [name, value] : spec.deploy.environment)
            all[name] = expand(value, *of_deploy);
    all["UNITGATE_NAME"] = spec.name;
    all["UNITGATE_VERSION"] = versions.version;
    all["UNITGATE_PREVIOUS"] = versions.previous;
    return entries_of(all);
}

namespace {

ProcessOptions as_deploy(const std::vector<std::string>& command, const Spec& spec,
                         const Expansion& expansion, std::vector<std::string> environment) {
    ProcessOptions options;
    options.command = expand(command, expansion);
    options.directory = spec.deploy.directory.empty() ? "/" : spec.deploy.directory;
    options.environment = std::move(environment);
    options.timeout = spec.deploy.timeout;
    return options;
}

} // namespace

ProcessOptions deploy_command(const Spec& spec, const Expansion& expansion, bool is_rollback,
                              std::vector<std::string> environment) {
    const bool own = is_rollback && !spec.rollback.command.empty();
    return as_deploy(own ? spec.rollback.command : spec.deploy.command, spec, expansion,
                     std::move(environment));
}

ProcessOptions stop_command(const Spec& spec, const Expansion& expansion,
                            std::vector<std::string> environment) {
    return as_deploy(spec.stop_command, spec, expansion, std::move(environment));
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "spec/names.hpp"

#include "base/text.hpp"

namespace unitgate {

namespace {

// What is left of a unit's or a file's name.
std::string_view plain_name(std::string_view text) {
    text.remove_prefix(text.rfind('/') + 1); // npos + 1 is 0
    for (std::string_view suffix : {".toml", ".service"})
        if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
    constexpr std::string_view prefix = "deploy-";
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return text;
}

} // namespace

std::string meant_by_name(std::string_view name, const std::vector<std::string>& names) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    for (std::string_view word : {plain_name(name), name})
        if (auto near = nearest(word, views); !near.empty()) return std::string(near);
    return {};
}

std::string remedy_for_name(std::string_view name, const std::vector<std::string>& names,
                            const std::vector<std::string>& folders) {
    if (std::string meant = meant_by_name(name, names); !meant.empty())
        return "did you mean '" + meant + "'?";
    std::string listed;
    if (!names.empty())
        listed = (names.size() == 1 ? "there is " : "there are ") + some_of(each_in_quotes(names));
    if (folders.empty() || !is_valid_name(name)) return listed;
    return listed + (listed.empty() ? "" : "; or ") + "write '" + folders[0] + "/" + std::string(name) +
           ".toml'";
}

Error no_such_spec(std::string_view name, const LoadedSpecs& loaded,
                   const std::vector<std::string>& folders) {
    std::vector<std::string> names;
    for (const Spec& spec : loaded.specs)
        names.push_back(spec.name);
    for (const auto& broken : loaded.broken)
        names.push_back(broken.name);
    std::sort(names.begin(), names.end());
    return {"there is no spec '" + std::string(name) + "'", remedy_for_name(name, names, folders), 0};
}

Error why_not_good(std::string_view name, const LoadedSpecs& loaded,
                   const std::vector<std::string>& folders) {
    for (const auto& broken : loaded.broken)
        if (broken.name == name)
            return {"there is no good spec '" + broken.name + "'",
                    "'unitgate verify " + broken.name + "' shows what is wrong with it", 0};
    return no_such_spec(name, loaded, folders);
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "spec/expand.hpp"

#include "base/regex.hpp"

namespace unitgate {

namespace {

// Both placeholders in one pass: a version that itself reads "{app_version}" stays as it is.
template <class Value>
std::string replace(std::string_view text, Value value) {
    std::string out;
    for (std::size_t at; (at = text.find('{')) != std::string_view::npos;) {
        out += text.substr(0, at);
        text.remove_prefix(at);
        std::size_t used = 1;
        for (std::string_view token : {"{version}", "{app_version}"})
            if (text.starts_with(token)) {
                out += value(token);
                used = token.size();
            }
        if (used == 1) out += '{';
        text.remove_prefix(used);
    }
    return out += text;
}

} // namespace

Result<Expansion> make_expansion(const VersionSource& source, std::string_view version) {
    Expansion out{std::string(version), std::string(version)};
    if (source.extract.empty()) return out;
    auto regex = Regex::compile(source.extract);
    if (!regex) return fail_with("cannot use 'extract' of [version]", regex.error());
    auto group = regex->first_group(version);
    if (!group) return fail_with("cannot use 'extract' of [version]", group.error());
    if (!*group)
        return fail("'extract' of [version] does not match version '" + out.version + "'",
                    "change 'extract' so that it matches this version too");
    out.app_version = **group;
    return out;
}

std::string expand(std::string_view text, const Expansion& with) {
    return replace(text, [&](std::string_view token) -> std::string_view {
        return token == "{version}" ? with.version : with.app_version;
    });
}

std::vector<std::string> expand(const std::vector<std::string>& arguments, const Expansion& with) {
    std::vector<std::string> out;
    out.reserve(arguments.size());
    for (const auto& argument : arguments)
        out.push_back(expand(argument, with));
    return out;
}

std::string expand_pattern(std::string_view pattern, const Expansion& with) {
    return replace(pattern, [&](std::string_view token) {
        return Regex::quote(token == "{version}" ? with.version : with.app_version);
    });
}

} // namespace unitgate

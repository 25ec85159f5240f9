// SPDX-License-Identifier: MIT
#include "systemd/unit_drift.hpp"

#include <filesystem>

#include "base/file.hpp"

namespace unitgate {

UnitDrift unit_drift(const Spec& spec, const UnitContext& context, const std::string& loaded,
                     const std::string& found) {
    using Kind = UnitDrift::Kind;
    const std::string& path = loaded.empty() ? found : loaded;
    if (path.empty()) return {Kind::missing, "there is no unit file of it"};
    std::error_code error; // of a file that is gone: it can't be read either
    if (!found.empty() && found != path && !std::filesystem::equivalent(found, path, error) && !error)
        return {Kind::replaced, "'" + found + "' has come before '" + path + "', which is in force"};
    auto text = read_file(path, std::size_t{1} << 20);
    if (!text) return {Kind::unread, text.error().message};
    if (*text == unit_text(spec, context)) return {};
    if (!context.spec_folders.empty() && *text == unit_text(spec, {context.binary, {}})) return {};
    if (!text->starts_with(unit_file_mark))
        return {Kind::shadowed, "'" + path + "' is in force, which is not made from the spec"};
    return {Kind::edited, "'" + path + "' is not what the spec makes now"};
}

} // namespace unitgate

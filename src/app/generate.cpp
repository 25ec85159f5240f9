// SPDX-License-Identifier: MIT
#include "app/generate.hpp"

#include <algorithm>
#include <filesystem>

#include "app/diagnostics.hpp"
#include "app/output.hpp"
#include "base/json.hpp"
#include "config.hpp"

namespace unitgate {

namespace {

// Errors that no spec is to blame for, in the same shape as the others.
Diagnostic as_diagnostic(const Error& error) {
    Diagnostic one;
    one.code = "not-written";
    one.cause = error.message;
    one.remedy = error.remedy;
    return one;
}

} // namespace

Result<UnitContext> unit_context(const std::vector<std::string>& spec_folders) {
    UnitContext context{UNITGATE_BINARY, {}};
    std::error_code error;
    for (const auto& each : spec_folders)
        context.spec_folders.push_back(std::filesystem::absolute(each, error).lexically_normal().string());
    if (error) return fail_errno("cannot tell the working folder", error.value());
    return context;
}

Result<Generated> generate(const SpecPath& where, const std::vector<std::string>& spec_folders,
                           const std::string& folder) {
    SpecPath absolute = where;
    auto context = unit_context(spec_folders);
    if (!context) return tl::unexpected(context.error());
    if (!spec_folders.empty()) absolute.folders = context->spec_folders;
    LoadedSpecs loaded = load_specs(absolute);
    UnitSet set = make_unit_set(loaded, *context);
    auto units = write_units(set, folder);
    if (!units) return tl::unexpected(units.error());
    Generated all{std::move(*units), std::move(loaded.diagnostics)};
    for (const auto& error : all.units.errors)
        all.diagnostics.push_back(as_diagnostic(error));
    return all;
}

int generate_verb(const Invocation& invocation) {
    std::string folder = invocation.value("to");
    auto all = generate(invocation.specs, invocation.spec_folders, folder);
    if (!all) {
        print_error(all.error());
        return exit_failure;
    }
    int code = has_errors(all->diagnostics) ? exit_failure : exit_success;
    if (invocation.json) {
        Json written = Json::array();
        for (const auto& name : all->units.written)
            written.push(name);
        Json report = Json::object();
        report.set("folder", folder)
            .set("written", written)
            .set("diagnostics", diagnostics_json(all->diagnostics));
        return std::max(code, print(report.dump(2) + "\n"));
    }
    std::string text;
    for (const auto& name : all->units.written)
        text += folder + (folder.ends_with('/') ? "" : "/") + name + "\n";

    print_to_stderr(format_diagnostics(all->diagnostics));
    return std::max(code, print(text));
}

} // namespace unitgate

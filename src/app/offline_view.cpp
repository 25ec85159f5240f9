// SPDX-License-Identifier: MIT
#include "app/offline_view.hpp"

#include <algorithm>
#include <sys/stat.h>

#include "plan/order.hpp"
#include "spec/names.hpp"
#include "systemd/offline_graph.hpp"

namespace unitgate {

namespace {

bool is_folder(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string root_of(const Invocation& invocation) {
    std::string root = invocation.value("root");
    while (root.ends_with('/'))
        root.pop_back();
    return root;
}

Diagnostic not_good(const OfflineView& view, const std::string& name) {
    Error why = why_not_good(name, view.specs, view.path.folders);
    return diagnose({}, "no-spec", why.message, why.remedy);
}

} // namespace

OfflineView look_offline(const Invocation& invocation) {
    SpecPath path = invocation.specs;
    std::string root = root_of(invocation);
    if (!root.empty()) {
        path.check_trust = false;
        path.settings = root + path.settings;
        if (invocation.spec_folders.empty()) {
            for (auto& folder : path.folders)
                folder = root + folder;
            std::erase_if(path.folders, [](const auto& folder) { return !is_folder(folder); });
        }
    }
    OfflineView view{load_specs(path), UnitFiles(root), {}, {}};
    view.path = std::move(path);
    if (!root.empty() && !is_folder(root))
        view.specs.diagnostics.push_back(diagnose({}, "no-folder", "there is no folder '" + root + "'",
                                                  "give the folder of an image with --root"));
    view.graph = read_offline_graph(view.files, view.specs.specs);
    return view;
}

std::string state_folder_in_view(const Invocation& invocation) {
    std::string root = root_of(invocation);
    return root.empty() || !invocation.state_folder.empty() ? state_folder_of(invocation)
                                                            : root + "/var/lib/unitgate";
}

std::vector<Spec> select_specs(const OfflineView& view, const std::vector<std::string>& names,
                               Diagnostics& unknown) {
    if (names.empty()) return view.specs.specs;
    Order order = make_order(view.graph, view.specs.specs, {});
    std::vector<bool> chosen(order.units.size(), false);
    std::vector<std::size_t> open;
    for (const auto& name : names) {
        auto found = std::find_if(order.units.begin(), order.units.end(),
                                  [&](const OrderUnit& unit) { return unit.spec->name == name; });
        if (found != order.units.end())
            open.push_back(static_cast<std::size_t>(found - order.units.begin()));
        else
            unknown.push_back(not_good(view, name));
    }
    while (!open.empty()) {
        std::size_t i = open.back();
        open.pop_back();
        if (chosen[i]) continue;
        chosen[i] = true;
        for (const auto& edge : order.units[i].after)
            open.push_back(edge.before);
    }
    std::vector<Spec> selected;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (chosen[i]) selected.push_back(*order.units[i].spec);
    return selected;
}

} // namespace unitgate

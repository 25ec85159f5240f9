// SPDX-License-Identifier: MIT
#include "spec/search.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/folder.hpp"

namespace unitgate {

namespace {

struct Entry {
    std::string name;
    bool maybe_link = false; // else known to be a plain file
};

bool is_null_device(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
}

std::string below(const std::string& folder, std::string_view name) {
    return folder + (folder.ends_with('/') ? "" : "/") + std::string(name);
}

// Entries with one of the two endings, by name; hidden ones (what editors leave) are passed over.
// Returns the errno that reading the folder ended with.
int list_folder(const std::string& path, std::vector<Entry>& files, std::set<std::string>* drop_in_folders) {
    Folder folder(path);
    if (!folder) return errno;
    while (const dirent* each = folder.next()) {
        std::string_view name = each->d_name;
        if (name.starts_with('.')) continue;
        if (name.ends_with(".toml"))
            files.push_back({std::string(name), each->d_type != DT_REG});
        else if (drop_in_folders && name.ends_with(".toml.d"))
            drop_in_folders->emplace(name);
    }
    const int error = errno;
    std::sort(files.begin(), files.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return error;
}

std::string_view stem(std::string_view file) {
    return file.substr(0, file.size() - std::strlen(".toml"));
}

// As systemd: the folders make up one set of names, the first folder wins each, a mask removes it.
void add_drop_ins(const SpecPath& where, const std::vector<std::set<std::string>>& present, FoundSpec& spec,
                  Diagnostics& errors) {
    std::map<std::string, std::string> by_name; // file name -> path, empty when masked
    for (std::size_t i = 0; i < where.folders.size(); ++i) {
        std::string folder = below(where.folders[i], spec.name + ".toml.d");
        if (i < present.size() && !present[i].contains(spec.name + ".toml.d")) continue;
        std::vector<Entry> files;
        if (int error = list_folder(folder, files, nullptr); error && error != ENOENT && error != ENOTDIR)
            errors.push_back(diagnose_path(folder, "unreadable",
                                           std::string("cannot read the folder: ") + strerrordesc_np(error)));
        for (const Entry& each : files) {
            std::string path = below(folder, each.name);
            bool masked = each.maybe_link && is_null_device(path);
            bool heeded = by_name.emplace(each.name, masked ? std::string() : path).second;
            if (masked && heeded) spec.masks.push_back(path);
        }
    }
    for (auto& [name, path] : by_name)
        if (!path.empty()) spec.drop_ins.push_back(std::move(path));
}

void report_folder(const std::string& folder, int error, Diagnostics& errors) {
    if (error == ENOENT) {
        // The usual folders may be missing; one that was asked for by name may not.
        static const SpecPath usual;
        if (std::find(usual.folders.begin(), usual.folders.end(), folder) != usual.folders.end()) return;
        errors.push_back(diagnose_path(folder, "no-folder", "there is no such folder",
                                       "create it, or give another one with --specs"));
        return;
    }
    errors.push_back(diagnose_path(folder, "unreadable",
                                   std::string("cannot read the folder: ") + strerrordesc_np(error)));
}

} // namespace

Diagnostic diagnose_path(std::string path, std::string code, std::string cause, std::string remedy) {
    SourceFile file{std::move(path), {}};
    return diagnose({&file, 0, 0, 1}, std::move(code), std::move(cause), std::move(remedy));
}

Found find_specs(const SpecPath& where) {
    Found found;
    std::map<std::string, FoundSpec> by_name;
    std::vector<std::set<std::string>> drop_in_folders(where.folders.size());
    bool any_drop_ins = false;
    for (std::size_t i = 0; i < where.folders.size(); ++i) {
        const std::string& folder = where.folders[i];
        std::vector<Entry> files;
        if (int error = list_folder(folder, files, &drop_in_folders[i]))
            report_folder(folder, error, found.errors);
        any_drop_ins = any_drop_ins || !drop_in_folders[i].empty();
        for (const Entry& each : files) {
            std::string name(stem(each.name)), path = below(folder, each.name);
            bool masked = each.maybe_link && is_null_device(path);
            if (!is_valid_name(name)) {
                if (!masked)
                    found.errors.push_back(diagnose_path(
                        path, "bad-name",
                        "'" + name + "' is no valid name of a spec, so that no unit is made from it",
                        "rename the file: a-z, 0-9 and '-', at most 63, a '-' not in front"));
                continue;
            }
            by_name.try_emplace(name, FoundSpec{name, path, masked, {}, {}});
        }
    }
    for (auto& [name, spec] : by_name) {
        if (spec.masked) spec.masks.push_back(spec.path);
        if (any_drop_ins && !spec.masked) add_drop_ins(where, drop_in_folders, spec, found.errors);
        found.specs.push_back(std::move(spec));
    }
    return found;
}

Found find_spec(const SpecPath& where, std::string_view name) {
    Found found;
    FoundSpec spec{std::string(name), {}, false, {}, {}};
    for (const std::string& folder : where.folders) {
        std::string path = below(folder, spec.name + ".toml");
        struct stat info {};
        // lstat: a link that leads nowhere is found here and reported where it is opened.
        if (lstat(path.c_str(), &info) < 0) continue;
        spec.path = path;
        spec.masked = S_ISLNK(info.st_mode) && is_null_device(path);
        if (spec.masked) spec.masks.push_back(path);
        if (!spec.masked) add_drop_ins(where, {}, spec, found.errors);
        found.specs.push_back(std::move(spec));
        break;
    }
    return found;
}

} // namespace unitgate

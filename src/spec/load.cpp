// SPDX-License-Identifier: MIT
#include "spec/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "spec/checks.hpp"
#include "spec/decode.hpp"
#include "spec/merge.hpp"
#include "spec/names.hpp"
#include "spec/search.hpp"
#include "spec/toml.hpp"
#include "spec/trust.hpp"

namespace unitgate {

namespace {

// A plain file and nothing that could block or answer without end (a FIFO, a device). With `of_root` it is
// looked at once more when it is open: what was not there a moment ago, or lies at the end of a path that is
// too long to be walked, has been judged by nobody.
Result<std::string> read_plain_file(const std::string& path, bool of_root) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return fail(std::string("cannot open the file: ") + strerrordesc_np(errno));
    struct stat info {};
    if (fstat(fd.get(), &info) < 0 || !S_ISREG(info.st_mode)) return fail("this is no plain file");
    if (of_root && (info.st_uid != 0 || (info.st_mode & (S_IWGRP | S_IWOTH))))
        return fail("others than root own the file or may write it, and root would run what it says");
    std::string text(std::min(static_cast<std::size_t>(info.st_size), TomlLimits::bytes) + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        ssize_t n = read(fd.get(), text.data() + size, text.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(std::string("cannot read the file: ") + strerrordesc_np(errno));
        size += static_cast<std::size_t>(n);
        // A read that gives less than was asked for has come to the end of a plain file; one byte past the
        // limit is enough for the parser to refuse it.
        if (size < text.size() || size > TomlLimits::bytes) break;
        text.resize(std::min(2 * size, TomlLimits::bytes + 1));
    }
    text.resize(size);
    return text;
}

class Loader {
  public:
    explicit Loader(const SpecPath& where) : where_(where), as_root_(where.check_trust && geteuid() == 0) {}

    void expect(std::size_t specs) { out_.specs.reserve(specs); }

    void load_settings() {
        struct stat info {};
        if (stat(where_.settings.c_str(), &info) < 0 && errno == ENOENT) return;
        Diagnostics errors;
        if (S_ISCHR(info.st_mode)) {
            heed_mask(where_.settings, errors);
            return append(out_.diagnostics, errors);
        }
        if (auto file = read(where_.settings, errors)) {
            TomlFile parsed = parse_toml(*file);
            append(errors, parsed.errors);
            out_.settings = decode_settings(parsed.root, errors);
        }
        settings_broken_ = has_errors(errors);
        append(out_.diagnostics, errors);
    }

    void load(const FoundSpec& found) {
        untrusted_ = false;
        Diagnostics errors;
        std::size_t first_source = out_.sources.size();
        Node root;
        bool partial = false;
        for (const std::string& path : found.masks)
            heed_mask(path, errors);
        SourceRef file = read(found.path, errors);
        if (!file) {
            out_.broken.push_back({found.name, found.path, "deploy-" + found.name + ".service", found.name});
            append(out_.diagnostics, errors);
            return;
        }
        auto add = [&](const SourceFile& source, bool is_base) {
            TomlFile parsed = parse_toml(source);
            partial = partial || !parsed.errors.empty();
            append(errors, parsed.errors);
            if (!is_base) return merge(root, std::move(parsed.root));
            root = std::move(parsed.root);
            name_probes(root);
        };
        add(*file, true);
        for (const std::string& path : found.drop_ins) {
            if (SourceRef drop_in = read(path, errors))
                add(*drop_in, false);
            else
                partial = true;
        }
        Spec spec =
            decode_spec({found.name, file.get(), root, partial, out_.settings, settings_broken_}, errors);
        drop_echoes(errors);
        spec.path = found.path;
        spec.sources.assign(out_.sources.begin() + static_cast<long>(first_source), out_.sources.end());
        // A fault of a folder that several specs share is reported once, and breaks each of them.
        if (has_errors(errors) || untrusted_)
            out_.broken.push_back({found.name, found.path, spec.unit.name, spec.app});
        else
            out_.specs.push_back(std::move(spec));
        untrusted_ = false;
        append(out_.diagnostics, errors);
    }

    // A masked spec makes no unit; that somebody else may have masked it is an error all the same.
    void check_masks(const FoundSpec& found) {
        for (const std::string& path : found.masks)
            heed_mask(path, out_.diagnostics);
    }

    void report(Diagnostic one) { out_.diagnostics.push_back(std::move(one)); }
    void report(Diagnostics all) { append(out_.diagnostics, all); }

    // Two specs with one unit name: the later by name loses. Only good specs hold a name against others.
    void refuse_duplicate_units() {
        std::map<std::string, const Spec*> owner;
        std::vector<Spec> kept;
        kept.reserve(out_.specs.size());
        for (Spec& spec : out_.specs) {
            auto [first, is_new] = owner.try_emplace(spec.unit.name, nullptr);
            if (is_new) {
                kept.push_back(std::move(spec));
                first->second = &kept.back();
            } else {
                refuse_duplicate(spec, first->second->name, first->second->path);
            }
        }
        out_.specs = std::move(kept);
        std::set<std::string> taken;
        for (const Spec& spec : out_.specs)
            taken.insert(spec.unit.name);
        for (auto& each : out_.broken) {
            if (taken.contains(each.unit_name)) each.unit_name = "deploy-" + each.name + ".service";
            if (!taken.insert(each.unit_name).second) each.unit_name.clear();
        }
    }

    void refuse_duplicate(const Spec& spec, const std::string& first, const std::string& first_path) {
        Place place{spec.sources[0].get(), 0, 0, 1};
        if (spec.unit.name_place.file) place = spec.unit.name_place;
        report(diagnose(place, "duplicate-unit",
                        "unit '" + spec.unit.name + "' is made from spec '" + first + "' already ('" +
                            first_path + "')",
                        "give one of the two specs another name in [unit]"));
        out_.broken.push_back({spec.name, spec.path, spec.unit.name, spec.app});
    }

    // The one spec that was loaded, for a unit name that `other` holds.
    void refuse_unit_of(const Spec& other) {
        refuse_duplicate(out_.specs[0], other.name, other.path);
        out_.specs.clear();
    }

    LoadedSpecs finish() {
        auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
        std::sort(out_.specs.begin(), out_.specs.end(), by_name);
        std::sort(out_.broken.begin(), out_.broken.end(), by_name);
        std::stable_sort(out_.diagnostics.begin(), out_.diagnostics.end(),
                         [](const Diagnostic& a, const Diagnostic& b) {
                             return std::tie(a.path, a.line, a.column) < std::tie(b.path, b.line, b.column);
                         });
        return std::move(out_);
    }

    LoadedSpecs& out() { return out_; }

  private:
    const SpecPath& where_;
    bool as_root_;
    bool settings_broken_ = false;
    bool untrusted_ = false; // a file of the spec at hand was
    TrustCheck trust_;
    std::set<std::string> reported_faults_;
    LoadedSpecs out_;

    static void append(Diagnostics& to, Diagnostics& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
        from.clear();
    }

    // A control byte in the file is one mistake, however many rules it breaks.
    static void drop_echoes(Diagnostics& errors) {
        std::set<std::pair<std::string, std::uint32_t>> lines;
        for (const Diagnostic& each : errors)
            if (each.code == "control-byte" || each.code == "bad-utf8") lines.emplace(each.path, each.line);
        if (lines.empty()) return;
        std::erase_if(errors, [&](const Diagnostic& each) {
            return each.code != "control-byte" && each.code != "bad-utf8" &&
                   lines.contains({each.path, each.line});
        });
    }

    bool is_trusted(const std::optional<TrustFault>& fault, Diagnostics& errors) {
        if (!fault) return true;
        untrusted_ = true;
        if (reported_faults_.insert(fault->component).second)
            errors.push_back(diagnose_path(fault->component, "untrusted", fault->cause, fault->remedy));
        return false;
    }

    void heed_mask(const std::string& path, Diagnostics& errors) {
        if (as_root_) is_trusted(trust_.check_mask(path), errors);
    }

    SourceRef read(const std::string& path, Diagnostics& errors) {
        if (as_root_ && !is_trusted(trust_.check(path), errors)) return nullptr;
        auto text = read_plain_file(path, as_root_);
        if (!text) {
            errors.push_back(diagnose_path(path, "unreadable", text.error().message));
            return nullptr;
        }
        auto file = std::make_shared<const SourceFile>(SourceFile{path, std::move(*text)});
        out_.sources.push_back(file);
        return file;
    }
};

} // namespace

bool is_valid_name(std::string_view name) {
    return is_plain_name(name);
}

const Spec* LoadedSpecs::find(std::string_view name) const {
    auto found =
        std::lower_bound(specs.begin(), specs.end(), name,
                         [](const Spec& spec, std::string_view wanted) { return spec.name < wanted; });
    return found != specs.end() && found->name == name ? &*found : nullptr;
}

namespace {

std::vector<std::string> names_there(const Found& found) {
    std::vector<std::string> names;
    for (const FoundSpec& each : found.specs)
        if (!each.masked) names.push_back(each.name);
    return names;
}

void report_nowhere(Loader& loader, const SpecPath& where, std::string_view name) {
    loader.report(diagnose({}, "no-spec",
                           "there is no spec '" + std::string(name) + "' in " + join(where.folders, ", "),
                           remedy_for_name(name, names_there(find_specs(where)), where.folders)));
}

} // namespace

LoadedSpecs load_spec(const SpecPath& where, std::string_view name) {
    Loader loader(where);
    loader.load_settings();
    if (!is_valid_name(name)) {
        std::string meant = meant_by_name(name, names_there(find_specs(where)));
        loader.report(diagnose({}, "bad-name", "'" + std::string(name) + "' is no valid name of a spec",
                               meant.empty() ? "a name has a-z, 0-9 and '-', at most 63, a '-' not in front"
                                             : "did you mean '" + meant + "'?"));
        return loader.finish();
    }
    Found found = find_spec(where, name);
    loader.report(std::move(found.errors));
    if (found.specs.empty()) {
        report_nowhere(loader, where, name);
        return loader.finish();
    }
    const FoundSpec& own = found.specs[0];
    if (own.masked) {
        loader.check_masks(own);
        loader.report(diagnose_path(own.path, "masked",
                                    "spec '" + own.name + "' is masked by a link to /dev/null",
                                    "remove the link to have it back"));
        return loader.finish();
    }
    loader.load(own);
    if (!loader.out().specs.empty()) {
        // An earlier spec may hold the unit name; what else is wrong with that one is no matter here.
        Loader earlier(where);
        earlier.load_settings();
        for (const FoundSpec& each : find_specs(where).specs)
            if (!each.masked && each.name < name) earlier.load(each);
        const std::string& unit = loader.out().specs[0].unit.name;
        for (const Spec& other : earlier.out().specs)
            if (other.unit.name == unit) {
                loader.refuse_unit_of(other);
                break;
            }
    }
    return loader.finish();
}

LoadedSpecs load_specs(const SpecPath& where) {
    Loader loader(where);
    loader.load_settings();
    Found found = find_specs(where);
    loader.report(std::move(found.errors));
    loader.expect(found.specs.size());
    for (const FoundSpec& each : found.specs)
        if (each.masked)
            loader.check_masks(each);
        else
            loader.load(each);
    loader.refuse_duplicate_units();
    return loader.finish();
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// `unitgate release NAME`: lets a held version be tried again.
#include <cerrno>

#include "app/output.hpp"
#include "app/verb.hpp"
#include "base/json.hpp"
#include "deploy/state.hpp"

namespace unitgate {

int release_verb(const Invocation& invocation) {
    const std::string folder = state_folder_of(invocation);
    const std::string& name = invocation.arguments.front();
    LoadedSpecs loaded = load_spec(invocation.specs, name);
    const Spec* spec = loaded.find(name);
    if (!spec) return failed(loaded.diagnostics);
    StateStore store(folder, name);
    auto state = store.load();
    if (!state) return failed(state.error());
    std::string version;
    if (state->held) {
        // A run that is on its way writes the same file: what it has left is read again under the lock.
        auto lock = lock_run(folder, name, spec->app);
        if (!lock && lock.error().code == EWOULDBLOCK)
            return failed({"cannot release a version of '" + name + "' while a run of it is under way",
                           "watch it: systemctl status " + spec->unit.name, EWOULDBLOCK});
        if (!lock) return failed(lock.error());
        state = store.load();
        if (!state) return failed(state.error());
        if (state->held) version = state->held->release.version;
        state->held.reset();
        if (auto saved = store.save(*state); !saved) return failed(saved.error());
    }
    if (invocation.json)
        return print(Json::object().set("name", name).set("released", text_or_null(version)).dump(2) + "\n");
    if (version.empty()) return print("no version of '" + name + "' is held\n");
    return print("released '" + version + "' of '" + name +
                 "': the next run tries it again if it is still wanted\n" +
                 "  now: unitgate reconcile --start " + name + "\n");
}

} // namespace unitgate

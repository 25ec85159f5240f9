// SPDX-License-Identifier: MIT
#include "app/live_view.hpp"

#include <map>
#include <optional>
#include <sys/stat.h>

#include "io/listeners.hpp"
#include "plan/serves.hpp"

namespace unitgate {

namespace {

constexpr Duration patience = std::chrono::seconds(5);

} // namespace

bool is_booted() {
    struct stat info {};
    return ::lstat("/run/systemd/system", &info) == 0 && S_ISDIR(info.st_mode);
}

Result<LiveUnits> ask_manager(Event& event, std::span<const Spec> specs) {
    bool up = false;
    std::optional<Error> gone;
    ManagerEvents events;
    events.up = [&] { up = true; };
    events.gone = [&](const Error& why) { gone = why; };
    Manager manager(event, {}, std::move(events));
    if (auto connected = manager.connect(); !connected) return tl::unexpected(connected.error());
    auto timer = add_timer(event, Clock::now() + patience, [&] {
        gone = Error{"the service manager did not answer within " + format_duration(patience), {}, 0};
    });
    if (!timer) return tl::unexpected(timer.error());
    if (auto ran = event.run_until([&] { return up || gone; }); !ran) return tl::unexpected(ran.error());
    if (gone) return tl::unexpected(*gone);
    return read_live_units(event, manager, specs, {}, Extent::whole);
}

std::vector<Listening> who_listens(std::span<const Spec> specs) {
    struct User {
        const Spec* spec;
        const Probe* probe;
        std::string address;
    };
    std::map<std::string, std::vector<User>> users; // by the address of a socket that could answer
    std::vector<SocketAddress> wanted;
    for (const Spec& spec : specs)
        for (const Probe& probe : spec.gate.probes)
            if (auto address = address_of(probe))
                for (const auto& socket : listening_for(*address)) {
                    auto& all = users[socket.text()];
                    if (all.empty()) wanted.push_back(socket);
                    all.push_back({&spec, &probe, address->text()});
                }
    std::vector<Listening> found;
    for (const Listener& listener : find_listeners(wanted))
        for (const User& user : users[listener.address.text()])
            found.push_back({user.spec, user.probe, user.address, listener.unit, listener.process});
    return found;
}

} // namespace unitgate

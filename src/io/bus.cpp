// SPDX-License-Identifier: MIT
#include "io/bus.hpp"

#include <cerrno>
#include <cstdlib>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <variant>

#include "base/ascii.hpp"
#include "io/systemd_library.hpp"

namespace unitgate {

namespace {

using Callback = std::variant<Bus::Done, std::function<void(BusReader)>, std::function<void()>>;

BusError error_of(const sd_bus_error* error) {
    return {error->name ? error->name : "", error->message ? error->message : "",
            libsystemd().sd_bus_error_get_errno(error)};
}

// The one place where C calls back into this program.
int on_message(sd_bus_message* message, void* data, sd_bus_error*) {
    auto* callback = static_cast<Callback*>(data); // freed by the slot, which sd-bus holds during the call
    return guard_callback(libsystemd().sd_bus_get_event(libsystemd().sd_bus_message_get_bus(message)), [&] {
        std::visit(
            [&](auto& call) {
                using Kind = std::decay_t<decltype(call)>;
                if constexpr (std::is_same_v<Kind, std::function<void()>>) {
                    call();
                } else if constexpr (std::is_same_v<Kind, Bus::Done>) {
                    if (const sd_bus_error* error = libsystemd().sd_bus_message_get_error(message))
                        call(tl::unexpected(error_of(error)));
                    else
                        call(BusReader(message));
                } else {
                    call(BusReader(message));
                }
            },
            *callback);
    });
}

// Hands the callback to the slot, which frees it when nothing can call it any more.
void give(sd_bus_slot* slot, std::unique_ptr<Callback> callback) {
    libsystemd().sd_bus_slot_set_destroy_callback(slot,
                                                  [](void* data) { delete static_cast<Callback*>(data); });
    callback.release();
}

int open_bus(const BusTarget& target, sd_bus** bus) {
    switch (target.where) {
    case BusTarget::Where::host:
        return libsystemd().sd_bus_open_system_remote(bus, target.name.c_str());
    case BusTarget::Where::machine:
        return target.user ? libsystemd().sd_bus_open_user_machine(bus, target.name.c_str())
                           : libsystemd().sd_bus_open_system_machine(bus, target.name.c_str());
    case BusTarget::Where::local:
        break;
    }
    return target.user ? libsystemd().sd_bus_open_user(bus) : libsystemd().sd_bus_open_system(bus);
}

// D-Bus Specification, "Server Addresses": what is not plain is written as its bytes in hex digits.
std::string address_of(std::string_view socket) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string address = "unix:path=";
    for (char c : socket) {
        auto byte = static_cast<unsigned char>(c);
        if (is_letter_or_digit(c) || c == '/' || c == '-' || c == '_' || c == '.')
            address += c;
        else
            address += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return address;
}

// A path out of the environment may lead to whoever likes to be taken for the manager.
int check_peer(sd_bus* bus) {
    int fd = libsystemd().sd_bus_get_fd(bus);
    if (fd < 0) return fd;
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    return peer.uid == 0 || peer.uid == ::geteuid() ? 0 : -EPERM;
}

} // namespace

std::string BusTarget::text() const {
    switch (where) {
    case Where::host:
        return " on host '" + name + "'";
    case Where::machine:
        return " in machine '" + name + "'";
    case Where::local:
        break;
    }
    return user ? " of this user" : "";
}

BusTarget own_bus() {
    const char* executed = std::getenv("SYSTEMD_EXEC_PID");
    BusTarget target;
    target.user = executed && std::to_string(::getpid()) == executed && std::getenv("MANAGERPID");
    return target;
}

bool BusError::is_denied() const {
    return name == SD_BUS_ERROR_ACCESS_DENIED || name == SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED ||
           name == SD_BUS_ERROR_AUTH_FAILED;
}

bool BusError::is_gone() const {
    if (name == SD_BUS_ERROR_NO_REPLY || name == SD_BUS_ERROR_SERVICE_UNKNOWN ||
        name == SD_BUS_ERROR_NAME_HAS_NO_OWNER || name == SD_BUS_ERROR_DISCONNECTED ||
        name == SD_BUS_ERROR_TIMEOUT || name.starts_with("org.freedesktop.DBus.Error.Spawn.") ||
        name == "org.freedesktop.systemd1.ShuttingDown")
        return true;
    return code == ECONNRESET || code == ENOTCONN || code == EPIPE || code == ETIMEDOUT;
}

Error BusError::as_error(std::string_view attempt) const {
    std::string why = text.empty() ? name : text;
    if (!text.empty() && !name.empty() && !name.starts_with("System.Error.")) why += " (" + name + ")";
    return {std::string(attempt) + ": " + why, {}, code};
}

void BusSlot::Free::operator()(sd_bus_slot* slot) const {
    libsystemd().sd_bus_slot_unref(slot);
}

void BusSlot::detach() {
    if (slot_) libsystemd().sd_bus_slot_set_floating(slot_.get(), 1);
    slot_.reset();
}

void Bus::Free::operator()(sd_bus* bus) const {
    libsystemd().sd_bus_detach_event(bus);
    libsystemd().sd_bus_close_unref(bus);
}

Result<Bus> Bus::attach(const Event& event, sd_bus* raw, int r, const std::string& attempt) {
    Bus bus;
    bus.bus_.reset(raw);
    if (r >= 0) r = libsystemd().sd_bus_attach_event(raw, event.get(), SD_EVENT_PRIORITY_NORMAL);
    if (r < 0) return fail_errno(attempt, -r);
    return bus;
}

Result<Bus> Bus::open(const Event& event, const BusTarget& target) {
    sd_bus* raw = nullptr;
    int r = open_bus(target, &raw);
    return attach(event, raw, r,
                  "cannot connect to the D-Bus" +
                      (target.is_local_system() ? " of the system" : target.text()));
}

Result<Bus> Bus::open_peer(const Event& event, const std::string& socket) {
    sd_bus* raw = nullptr;
    int r = libsystemd().sd_bus_new(&raw);
    if (r >= 0) r = libsystemd().sd_bus_set_address(raw, address_of(socket).c_str());
    if (r >= 0) r = libsystemd().sd_bus_start(raw);
    if (r >= 0) r = check_peer(raw);
    return attach(event, raw, r, "cannot connect to '" + socket + "'");
}

Result<BusSlot> Bus::call(const BusCall& call, Done done) {
    sd_bus_message* raw = nullptr;
    int r = libsystemd().sd_bus_message_new_method_call(bus_.get(), &raw, call.destination.c_str(),
                                                        call.path.c_str(), call.interface.c_str(),
                                                        call.member.c_str());
    std::unique_ptr<sd_bus_message, decltype(SystemdLibrary::sd_bus_message_unref)> message(
        raw, libsystemd().sd_bus_message_unref);
    for (const auto& argument : call.arguments)
        if (r >= 0) r = libsystemd().sd_bus_message_append_basic(raw, 's', argument.c_str());
    BusSlot slot;
    auto callback = std::make_unique<Callback>(std::move(done));
    sd_bus_slot* made = nullptr;
    if (r >= 0)
        r = libsystemd().sd_bus_call_async(bus_.get(), &made, raw, on_message, callback.get(),
                                           static_cast<std::uint64_t>(call.timeout.count()));
    if (r < 0) return fail_errno("cannot call '" + call.member + "' over D-Bus", -r);
    give(made, std::move(callback));
    slot.slot_.reset(made);
    return slot;
}

Result<BusSlot> Bus::match(const BusSignal& signal, std::function<void(BusReader)> callback) {
    // No value here can hold a quote: they are names of the D-Bus specification and encoded paths.
    std::string rule = "type='signal'";
    auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) rule += std::string(",") + key + "='" + value + "'";
    };
    add("sender", signal.sender);
    add(signal.below ? "path_namespace" : "path", signal.path);
    add("interface", signal.interface);
    add("member", signal.member);
    add("arg0", signal.first_argument);
    auto kept = std::make_unique<Callback>(std::move(callback));
    sd_bus_slot* made = nullptr;
    int r =
        libsystemd().sd_bus_add_match_async(bus_.get(), &made, rule.c_str(), on_message, nullptr, kept.get());
    if (r < 0) return fail_errno("cannot watch '" + signal.member + "' over D-Bus", -r);
    give(made, std::move(kept));
    BusSlot slot;
    slot.slot_.reset(made);
    return slot;
}

Result<BusSlot> Bus::on_disconnect(std::function<void()> callback) {
    auto kept = std::make_unique<Callback>(std::move(callback));
    sd_bus_slot* made = nullptr;
    int r = libsystemd().sd_bus_match_signal(bus_.get(), &made, "org.freedesktop.DBus.Local",
                                             "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                             "Disconnected", on_message, kept.get());
    if (r < 0) return fail_errno("cannot watch the D-Bus connection", -r);
    give(made, std::move(kept));
    BusSlot slot;
    slot.slot_.reset(made);
    return slot;
}

std::string bus_path(const std::string& prefix, const std::string& name) {
    char* path = nullptr;
    if (libsystemd().sd_bus_path_encode(prefix.c_str(), name.c_str(), &path) < 0) return {};
    std::unique_ptr<char, decltype(&std::free)> owner(path, std::free);
    return path;
}

std::string bus_path_name(const std::string& prefix, const std::string& path) {
    char* name = nullptr;
    if (libsystemd().sd_bus_path_decode(path.c_str(), prefix.c_str(), &name) <= 0) return {};
    std::unique_ptr<char, decltype(&std::free)> owner(name, std::free);
    return name;
}

} // namespace unitgate

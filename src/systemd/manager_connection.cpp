// SPDX-License-Identifier: MIT
#include "systemd/manager_connection.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <unistd.h>

namespace unitgate {

namespace {

constexpr std::size_t most_in_flight = 100; // a bus lets one peer wait for 128 answers by default

BusError not_connected() {
    return {"org.freedesktop.DBus.Error.Disconnected", "not connected to the service manager", ENOTCONN};
}

} // namespace

std::string private_socket(const BusTarget& target) {
    if (target.where != BusTarget::Where::local) return {};
    if (!target.user) return ::geteuid() == 0 ? "/run/systemd/private" : "";
    const char* runtime = ::secure_getenv("XDG_RUNTIME_DIR");
    return runtime && *runtime == '/' ? std::string(runtime) + "/systemd/private" : "";
}

Status ManagerConnection::open_bus(const BusTarget& target) {
    close();
    return take(Bus::open(event_, target));
}

Status ManagerConnection::open_direct(const std::string& socket) {
    close();
    direct_ = true;
    return take(Bus::open_peer(event_, socket));
}

void ManagerConnection::close() {
    signals_.clear();
    bus_.reset();
    in_flight_.clear();
    waiting_.clear();
    open_ = direct_ = false;
}

// Of a connection that ends by itself the bus says so to each call; of one that is given up nobody else
// would.
void ManagerConnection::give_up() {
    open_ = false;
    for (const auto& done : std::exchange(in_flight_, {}))
        (*done)(tl::unexpected(not_connected()));
    send_waiting();
}

Status ManagerConnection::take(Result<Bus> bus) {
    if (!bus) return tl::unexpected(bus.error());
    bus_.emplace(std::move(*bus));
    open_ = true;
    return {};
}

Status ManagerConnection::keep(Result<BusSlot> slot) {
    if (!slot) return tl::unexpected(slot.error());
    signals_.push_back(std::move(*slot));
    return {};
}

Status ManagerConnection::match(const BusSignal& signal, std::function<void(BusReader)> callback) {
    return keep(bus_->match(signal, std::move(callback)));
}

Status ManagerConnection::on_end(std::function<void()> callback) {
    return keep(bus_->on_disconnect([this, callback = std::move(callback)] {
        if (std::exchange(open_, false)) callback();
    }));
}

void ManagerConnection::call(BusCall call, Bus::Done done) {
    if (!open_) return done(tl::unexpected(not_connected()));
    if (in_flight_.size() < most_in_flight)
        send(call, std::move(done));
    else
        waiting_.emplace_back(std::move(call), std::move(done));
}

void ManagerConnection::send(const BusCall& call, Bus::Done done) {
    auto shared = std::make_shared<Bus::Done>(std::move(done));
    in_flight_.push_back(shared);
    auto slot = bus_->call(call, [this, shared](BusResult<BusReader> reply) {
        if (std::erase(in_flight_, shared) == 0) return; // given up
        send_waiting();
        (*shared)(std::move(reply));
    });
    if (slot) return slot->detach();
    std::erase(in_flight_, shared);
    (*shared)(tl::unexpected(BusError{"", slot.error().message, slot.error().code}));
}

void ManagerConnection::send_waiting() {
    while (!waiting_.empty() && (!open_ || in_flight_.size() < most_in_flight)) {
        auto [call, done] = std::move(waiting_.front());
        waiting_.pop_front();
        if (open_)
            send(call, std::move(done));
        else
            done(tl::unexpected(not_connected()));
    }
}

} // namespace unitgate

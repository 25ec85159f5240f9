// SPDX-License-Identifier: MIT
// What a D-Bus message holds, read front to back (sd_bus_message_read_basic(3)). Made by io/bus for each
// reply and signal, and only good inside that callback. A message with other types than expected gives empty
// values and turns ok() false; it never throws.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sd_bus_message;

namespace unitgate {

// A value of a variant. Types this program has no use for come as monostate. "(uo)" (a unit's job) comes as
// its number, "(ss)" as its two
// texts, "ay" as its bytes.
using BusValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, std::string,
                              std::vector<std::string>, std::vector<std::uint8_t>>;
struct BusProperty {
    std::string name;
    BusValue value;
};

class BusReader {
  public:
    explicit BusReader(sd_bus_message* message) : message_(message) {}

    std::string text(); // s, o, g
    std::uint32_t number();
    bool boolean();
    std::vector<std::string> texts(); // as
    // a{sv}. What `wanted` says no to is passed over: reading it is most of what a signal costs.
    std::vector<BusProperty> properties(bool (*wanted)(std::string_view name) = nullptr);
    // For each struct of an array of `types` ("usssoo"); `one` reads all of it.
    void structs(const char* types, const std::function<void()>& one);

    std::string path() const; // of the object that sent a signal
    bool ok() const { return ok_; }

  private:
    BusValue variant();
    bool enter(char type, const char* contents); // false at the end of an array, too
    void leave();
    sd_bus_message* message_;
    bool ok_ = true;
};

} // namespace unitgate

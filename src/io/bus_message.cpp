// SPDX-License-Identifier: MIT
#include "io/bus_message.hpp"

#include <cstring>

#include "io/systemd_library.hpp"

namespace unitgate {

std::string BusReader::path() const {
    const char* path = libsystemd().sd_bus_message_get_path(message_);
    return path ? path : "";
}

bool BusReader::enter(char type, const char* contents) {
    if (!ok_) return false;
    int r = libsystemd().sd_bus_message_enter_container(message_, type, contents);
    if (r < 0) ok_ = false;
    return r > 0;
}

void BusReader::leave() {
    if (ok_ && libsystemd().sd_bus_message_exit_container(message_) < 0) ok_ = false;
}

std::string BusReader::text() {
    char type = 0;
    const char* contents = nullptr;
    const char* value = nullptr;
    if (!ok_ || libsystemd().sd_bus_message_peek_type(message_, &type, &contents) <= 0 ||
        !std::strchr("sog", type) || libsystemd().sd_bus_message_read_basic(message_, type, &value) <= 0) {
        ok_ = false;
        return {};
    }
    return value;
}

std::uint32_t BusReader::number() {
    std::uint32_t value = 0;
    if (!ok_ || libsystemd().sd_bus_message_read_basic(message_, 'u', &value) <= 0) ok_ = false;
    return ok_ ? value : 0;
}

bool BusReader::boolean() {
    int value = 0;
    if (!ok_ || libsystemd().sd_bus_message_read_basic(message_, 'b', &value) <= 0) ok_ = false;
    return ok_ && value != 0;
}

std::vector<std::string> BusReader::texts() {
    std::vector<std::string> all;
    if (!enter('a', "s")) return all;
    const char* value = nullptr;
    int r;
    while ((r = libsystemd().sd_bus_message_read_basic(message_, 's', &value)) > 0)
        all.emplace_back(value);
    if (r < 0) ok_ = false;
    leave();
    return all;
}

void BusReader::structs(const char* types, const std::function<void()>& one) {
    std::string contents = "(" + std::string(types) + ")";
    if (!enter('a', contents.c_str())) return;
    while (enter('r', types)) {
        one();
        leave();
    }
    leave();
}

BusValue BusReader::variant() {
    char type = 0;
    const char* contents = nullptr;
    if (!ok_ || libsystemd().sd_bus_message_peek_type(message_, &type, &contents) <= 0 || type != 'v') {
        ok_ = false;
        return {};
    }
    std::string_view holds = contents;
    BusValue value;
    auto skip = [&] {
        if (libsystemd().sd_bus_message_skip(message_, "v") < 0) ok_ = false;
    };
    auto inside = [&](auto&& read) {
        if (!enter('v', contents)) return;
        read();
        leave();
    };
    auto basic = [&](char as, auto raw, auto convert) {
        inside([&] {
            if (libsystemd().sd_bus_message_read_basic(message_, as, &raw) > 0)
                value = convert(raw);
            else
                ok_ = false;
        });
    };
    if (holds == "s" || holds == "o" || holds == "g")
        inside([&] { value = text(); });
    else if (holds == "as")
        inside([&] { value = texts(); });
    else if (holds == "b")
        basic('b', int{}, [](int raw) { return raw != 0; });
    else if (holds == "i")
        basic('i', std::int32_t{}, [](std::int32_t raw) { return std::int64_t{raw}; });
    else if (holds == "u")
        basic('u', std::uint32_t{}, [](std::uint32_t raw) { return std::uint64_t{raw}; });
    else if (holds == "t")
        basic('t', std::uint64_t{}, [](std::uint64_t raw) { return raw; });
    else if (holds == "ay")
        inside([&] {
            const void* bytes = nullptr;
            std::size_t size = 0;
            if (libsystemd().sd_bus_message_read_array(message_, 'y', &bytes, &size) < 0) {
                ok_ = false;
                return;
            }
            const auto* first = static_cast<const std::uint8_t*>(bytes);
            value = std::vector<std::uint8_t>(first, first + size);
        });
    else if (holds == "(uo)")
        inside([&] {
            if (!enter('r', "uo")) return;
            value = std::uint64_t{number()};
            text();
            leave();
        });
    else if (holds == "(ss)")
        inside([&] {
            if (!enter('r', "ss")) return;
            std::vector<std::string> pair{text()};
            pair.push_back(text());
            value = std::move(pair);
            leave();
        });
    else
        skip();
    return ok_ ? value : BusValue{};
}

std::vector<BusProperty> BusReader::properties(bool (*wanted)(std::string_view)) {
    std::vector<BusProperty> all;
    if (!enter('a', "{sv}")) return all;
    while (enter('e', "sv")) {
        const char* name = nullptr;
        if (libsystemd().sd_bus_message_read_basic(message_, 's', &name) <= 0)
            ok_ = false;
        else if (!wanted || wanted(name))
            all.push_back({name, variant()});
        else if (libsystemd().sd_bus_message_skip(message_, "v") < 0)
            ok_ = false;
        leave();
    }
    leave();
    return all;
}

} // namespace unitgate

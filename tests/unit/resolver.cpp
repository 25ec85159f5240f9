// SPDX-License-Identifier: MIT
#include "resolver.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>

namespace {

struct Hang {
    std::mutex mutex;
    std::condition_variable changed;
    bool hangs = false;
    int asked = 0;
};
// Never destroyed: a look-up may outlive main().
Hang& hang() {
    static Hang* one = new Hang;
    return *one;
}

// Fixed names; never destroyed, either.
struct Fixed {
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>, std::less<>> names;
};
Fixed& fixed() {
    static Fixed* one = new Fixed;
    return *one;
}

std::vector<std::string> addresses_of(std::string_view host) {
    std::lock_guard lock(fixed().mutex);
    auto found = fixed().names.find(host);
    return found == fixed().names.end() ? std::vector<std::string>() : found->second;
}

} // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
    static auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    std::string_view host = name ? name : "";
    if (host == "hang.invalid") {
        std::unique_lock lock(hang().mutex);
        ++hang().asked;
        hang().changed.wait(lock, [] { return !hang().hangs; });
    }
    if (auto addresses = addresses_of(host); !addresses.empty()) {
        // In their order, and of the family that is asked for: freeaddrinfo(3) takes a list apart one by one.
        addrinfo** end = found;
        *end = nullptr;
        for (const std::string& address : addresses) {
            addrinfo only = hints ? *hints : addrinfo{};
            only.ai_flags = AI_NUMERICHOST;
            const int error = real(address.c_str(), service, &only, end);
            if (error == EAI_ADDRFAMILY || error == EAI_NONAME) continue; // another family's
            if (error) return error;
            while (*end)
                end = &(*end)->ai_next;
        }
        return *found ? 0 : EAI_NONAME;
    }
    if (host.ends_with(".invalid")) return EAI_NONAME;
    return real(name, service, hints, found);
}

namespace unitgate::test {

HungResolver::HungResolver() {
    std::lock_guard lock(hang().mutex);
    hang().hangs = true;
    hang().asked = 0;
}
HungResolver::~HungResolver() {
    let_go();
}
void HungResolver::let_go() {
    std::lock_guard lock(hang().mutex);
    hang().hangs = false;
    hang().changed.notify_all();
}
int HungResolver::asked() const {
    std::lock_guard lock(hang().mutex);
    return hang().asked;
}

FixedName::FixedName(std::string name, std::vector<std::string> addresses) : name_(std::move(name)) {
    std::lock_guard lock(fixed().mutex);
    fixed().names[name_] = std::move(addresses);
}
FixedName::~FixedName() {
    std::lock_guard lock(fixed().mutex);
    fixed().names.erase(name_);
}

} // namespace unitgate::test

// SPDX-License-Identifier: MIT
#include "resolver.hpp"

#include <condition_variable>
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

} // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
    static auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    std::string_view host = name ? name : "";
    if (host == "hang.invalid") {
        std::unique_lock lock(hang().mutex);
        ++hang().asked;
        hang().changed.wait(lock, [] { return !hang().hangs; });
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

} // namespace unitgate::test

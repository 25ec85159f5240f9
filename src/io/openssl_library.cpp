// SPDX-License-Identifier: MIT
#include "io/openssl_library.hpp"

#include <dlfcn.h>

#include <string>

namespace unitgate {

namespace {

constexpr const char* library_name = "libssl.so.3"; // libcrypto comes with it
constexpr const char* remedy = "install the package libssl3 (Debian 12) or libssl3t64 (Debian 13)";

Result<OpenSslLibrary> load() {
    void* library = dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char* reason = dlerror();
        return fail(std::string("cannot load '") + library_name +
                        "': " + (reason ? reason : "unknown reason"),
                    remedy);
    }
    OpenSslLibrary found{};
    const char* missing = nullptr;
#define UNITGATE_LOOK_UP(name)                                                                               \
    found.name = reinterpret_cast<decltype(found.name)>(dlsym(library, #name));                              \
    if (!found.name && !missing) missing = #name;
    UNITGATE_OPENSSL_FUNCTIONS(UNITGATE_LOOK_UP)
#undef UNITGATE_LOOK_UP
    if (missing) return fail(std::string("'") + library_name + "' has no function '" + missing + "'", remedy);
    return found;
}

} // namespace

Result<const OpenSslLibrary*> load_openssl() {
    static const Result<OpenSslLibrary> loaded = load();
    if (!loaded) return tl::unexpected(loaded.error());
    return &*loaded;
}

} // namespace unitgate

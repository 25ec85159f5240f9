// SPDX-License-Identifier: MIT
#include "io/openssl_library.hpp"

#include "io/shared_library.hpp"

namespace unitgate {

namespace {

constexpr const char* library_name = "libssl.so.3"; // libcrypto comes with it
constexpr const char* remedy = "install the package libssl3 (Debian 12) or libssl3t64 (Debian 13)";

Result<OpenSslLibrary> load() {
#define UNITGATE_LOOK_UP(name) library.look_up(#name, found.name);
    return load_functions<OpenSslLibrary>(
        library_name, remedy,
        [](SharedLibrary& library, OpenSslLibrary& found) { UNITGATE_OPENSSL_FUNCTIONS(UNITGATE_LOOK_UP) });
#undef UNITGATE_LOOK_UP
}

} // namespace

Result<const OpenSslLibrary*> load_openssl() {
    static const Result<OpenSslLibrary> loaded = load();
    if (!loaded) return tl::unexpected(loaded.error());
    return &*loaded;
}

} // namespace unitgate

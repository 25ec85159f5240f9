// SPDX-License-Identifier: MIT
#include "io/openssl_library.hpp"

#include "io/shared_library.hpp"

namespace unitgate {

namespace {

constexpr const char* library_name = "libssl.so.3"; // libcrypto comes with it
constexpr const char* remedy = "install the package libssl3 (Debian 12) or libssl3t64 (Debian 13)";

Result<OpenSslLibrary> load() {
    auto library = SharedLibrary::open(library_name, remedy);
    if (!library) return tl::unexpected(library.error());
    OpenSslLibrary found{};
#define UNITGATE_LOOK_UP(name) library->look_up(#name, found.name);
    UNITGATE_OPENSSL_FUNCTIONS(UNITGATE_LOOK_UP)
#undef UNITGATE_LOOK_UP
    if (Status complete = library->complete(); !complete) return tl::unexpected(complete.error());
    return found;
}

} // namespace

Result<const OpenSslLibrary*> load_openssl() {
    static const Result<OpenSslLibrary> loaded = load();
    if (!loaded) return tl::unexpected(loaded.error());
    return &*loaded;
}

} // namespace unitgate

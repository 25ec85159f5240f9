// SPDX-License-Identifier: MIT
#include "io/curl_library.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <string>

namespace unitgate {

namespace {

constexpr const char* library_name = "libcurl.so.4";
constexpr const char* remedy = "install the package libcurl4 (Debian 12) or libcurl4t64 (Debian 13)";
constexpr unsigned oldest = 0x075500; // 7.85.0, the first with CURLOPT_PROTOCOLS_STR

// `function` gets its own type's symbol; the name of the first one missing is kept.
template <class Function>
void look_up(void* library, const char* name, Function& function, const char*& missing) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (!function && !missing) missing = name;
}

Result<CurlLibrary> load() {
    void* library = dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char* reason = dlerror();
        return fail(std::string("cannot load '") + library_name +
                        "': " + (reason ? reason : "unknown reason"),
                    remedy);
    }
    CurlLibrary curl{};
    const char* missing = nullptr;
    look_up(library, "curl_global_init", curl.global_init, missing);
    look_up(library, "curl_version_info", curl.version_info, missing);
    look_up(library, "curl_easy_init", curl.easy_init, missing);
    look_up(library, "curl_easy_setopt", curl.easy_setopt, missing);
    look_up(library, "curl_easy_getinfo", curl.easy_getinfo, missing);
    look_up(library, "curl_easy_strerror", curl.easy_strerror, missing);
    look_up(library, "curl_easy_cleanup", curl.easy_cleanup, missing);
    look_up(library, "curl_slist_append", curl.slist_append, missing);
    look_up(library, "curl_slist_free_all", curl.slist_free_all, missing);
    look_up(library, "curl_multi_init", curl.multi_init, missing);
    look_up(library, "curl_multi_setopt", curl.multi_setopt, missing);
    look_up(library, "curl_multi_add_handle", curl.multi_add_handle, missing);
    look_up(library, "curl_multi_remove_handle", curl.multi_remove_handle, missing);
    look_up(library, "curl_multi_socket_action", curl.multi_socket_action, missing);
    look_up(library, "curl_multi_info_read", curl.multi_info_read, missing);
    look_up(library, "curl_multi_cleanup", curl.multi_cleanup, missing);
    if (missing) return fail(std::string("'") + library_name + "' has no function '" + missing + "'", remedy);
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(std::string("'") + library_name + "' cannot be set up",
                    "look for a broken OpenSSL configuration");
    const curl_version_info_data* version = curl.version_info(CURLVERSION_NOW);
    if (version->version_num < oldest)
        return fail(std::string("'") + library_name + "' is version " + version->version +
                        ", older than 7.85",
                    remedy);
    const char* bundle = version->age >= CURLVERSION_SEVENTH ? version->cainfo : nullptr;
    if (bundle && access(bundle, R_OK) == 0) curl.default_ca = bundle;
    return curl;
}

} // namespace

Result<const CurlLibrary*> load_curl() {
    static const Result<CurlLibrary> loaded = load();
    if (!loaded) return tl::unexpected(loaded.error());
    return &*loaded;
}

} // namespace unitgate

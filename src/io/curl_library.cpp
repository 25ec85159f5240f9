// SPDX-License-Identifier: MIT
#include "io/curl_library.hpp"

#include <unistd.h>

#include <string>

#include "io/shared_library.hpp"

namespace unitgate {

namespace {

constexpr const char* library_name = "libcurl.so.4";
constexpr const char* remedy = "install the package libcurl4 (Debian 12) or libcurl4t64 (Debian 13)";
constexpr unsigned oldest = 0x075500; // 7.85.0, the first with CURLOPT_PROTOCOLS_STR

Result<CurlLibrary> load() {
    auto found =
        load_functions<CurlLibrary>(library_name, remedy, [](SharedLibrary& library, CurlLibrary& curl) {
            library.look_up("curl_global_init", curl.global_init);
            library.look_up("curl_version_info", curl.version_info);
            library.look_up("curl_easy_init", curl.easy_init);
            library.look_up("curl_easy_setopt", curl.easy_setopt);
            library.look_up("curl_easy_getinfo", curl.easy_getinfo);
            library.look_up("curl_easy_strerror", curl.easy_strerror);
            library.look_up("curl_easy_cleanup", curl.easy_cleanup);
            library.look_up("curl_easy_pause", curl.easy_pause);
            library.look_up("curl_easy_send", curl.easy_send);
            library.look_up("curl_easy_recv", curl.easy_recv);
            library.look_up("curl_slist_append", curl.slist_append);
            library.look_up("curl_slist_free_all", curl.slist_free_all);
            library.look_up("curl_multi_init", curl.multi_init);
            library.look_up("curl_multi_setopt", curl.multi_setopt);
            library.look_up("curl_multi_add_handle", curl.multi_add_handle);
            library.look_up("curl_multi_remove_handle", curl.multi_remove_handle);
            library.look_up("curl_multi_socket_action", curl.multi_socket_action);
            library.look_up("curl_multi_info_read", curl.multi_info_read);
            library.look_up("curl_multi_cleanup", curl.multi_cleanup);
        });
    if (!found) return found;
    CurlLibrary& curl = *found;
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(std::string("'") + library_name + "' cannot be set up",
                    "look for a broken OpenSSL configuration");
    const curl_version_info_data* version = curl.version_info(CURLVERSION_NOW);
    if (version->version_num < oldest)
        return fail(std::string("'") + library_name + "' is version " + version->version +
                        ", older than 7.85",
                    remedy);
    curl.version = version->version_num;
    const char* bundle = version->age >= CURLVERSION_SEVENTH ? version->cainfo : nullptr;
    if (bundle && access(bundle, R_OK) == 0) curl.default_ca = bundle;
    return found;
}

} // namespace

Result<const CurlLibrary*> load_curl() {
    static const Result<CurlLibrary> loaded = load();
    if (!loaded) return tl::unexpected(loaded.error());
    return &*loaded;
}

} // namespace unitgate

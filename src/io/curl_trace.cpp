// SPDX-License-Identifier: MIT
#include "io/curl_trace.hpp"

#include <ctime>
#include <string_view>

namespace unitgate {

namespace {

Duration time_of(const CurlLibrary& curl, CURL* easy, CURLINFO which) {
    curl_off_t microseconds = 0;
    curl.easy_getinfo(easy, which, &microseconds);
    return Duration(microseconds);
}

// "Jun 13 05:44:28 2027 GMT", as OpenSSL prints a time.
std::optional<WallTime> parse_time(const char* text) {
    std::tm parts{};
    const char* rest = strptime(text, "%b %d %H:%M:%S %Y", &parts);
    if (!rest) return std::nullopt;
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

// The first of the chain is the server's own; each is a list of "Name:value".
std::optional<HttpCertificate> certificate_of(const CurlLibrary& curl, CURL* easy) {
    curl_certinfo* chain = nullptr;
    if (curl.easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1)
        return std::nullopt;
    HttpCertificate found;
    for (const curl_slist* line = chain->certinfo[0]; line; line = line->next) {
        std::string_view text = line->data;
        auto value_of = [&](std::string_view name) { return text.starts_with(name) ? name.size() : 0; };
        if (auto at = value_of("Subject:")) found.subject = text.substr(at);
        if (auto at = value_of("Issuer:")) found.issuer = text.substr(at);
        if (auto at = value_of("Expire date:")) found.not_after = parse_time(line->data + at);
    }
    return found;
}

} // namespace

HttpTrace read_trace(const CurlLibrary& curl, CURL* easy) {
    HttpTrace trace;
    trace.looked_up = time_of(curl, easy, CURLINFO_NAMELOOKUP_TIME_T);
    trace.connected = time_of(curl, easy, CURLINFO_CONNECT_TIME_T);
    trace.secured = time_of(curl, easy, CURLINFO_APPCONNECT_TIME_T);
    trace.first_byte = time_of(curl, easy, CURLINFO_STARTTRANSFER_TIME_T);
    trace.certificate = certificate_of(curl, easy);
    return trace;
}

} // namespace unitgate

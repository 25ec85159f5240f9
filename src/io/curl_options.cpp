// SPDX-License-Identifier: MIT
#include "io/curl_options.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "io/plain_http.hpp"

namespace unitgate {

// What is set to a default here is set on purpose: an answer must not depend on how curl was built.
CurlOptions::CurlOptions(const CurlLibrary& curl, CURL* easy, const HttpRequest& request)
    : curl_(curl), easy_(easy), request_(request) {
    option(CURLOPT_URL, request_.url.c_str());
    option(CURLOPT_PROTOCOLS_STR, "http,https");
    option(CURLOPT_FOLLOWLOCATION, 0L);
    option(CURLOPT_PROXY, ""); // none, whatever the environment says
    option(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    long version = CURL_HTTP_VERSION_1_1;
    if (request_.http2)
        version = takes_http2_for_granted() ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2TLS;
    option(CURLOPT_HTTP_VERSION, version);
    option(CURLOPT_HTTP09_ALLOWED, 0L);
    option(CURLOPT_USERAGENT, user_agent);
    option(CURLOPT_NOSIGNAL, 1L);
    option(CURLOPT_QUICK_EXIT, 1L); // else giving up on a hung resolver waits for it
    option(CURLOPT_DNS_CACHE_TIMEOUT, 5L);
    set_up_method();
    for (const std::string& header : request_.headers) {
        // curl takes "Name:" as "send no such header"; an empty one is written "Name;".
        bool empty = header.find_first_not_of(' ', header.find(':') + 1) == std::string::npos;
        std::string line = empty ? header.substr(0, header.find(':')) + ";" : header;
        headers_ = curl_.slist_append(headers_, line.c_str());
    }
    if (headers_) option(CURLOPT_HTTPHEADER, headers_);
    if (request_.connect) {
        connect_to_ = curl_.slist_append(nullptr, ("::" + request_.connect->text()).c_str());
        option(CURLOPT_CONNECT_TO, connect_to_);
    }
    if (request_.socket.starts_with('@'))
        option(CURLOPT_ABSTRACT_UNIX_SOCKET, request_.socket.c_str() + 1);
    else if (!request_.socket.empty())
        option(CURLOPT_UNIX_SOCKET_PATH, request_.socket.c_str());
    if (request_.only_connect) option(CURLOPT_CONNECT_ONLY, 1L);
    set_up_tls();
}

void CurlOptions::set_up_method() {
    if (request_.method == "HEAD") {
        option(CURLOPT_NOBODY, 1L);
    } else if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
        option(CURLOPT_POSTFIELDS, request_.body.c_str()); // not copied
        option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        // What the body is, only the author knows; and whether it is wanted, the answer says.
        headers_ = curl_.slist_append(headers_, "Expect:");
        auto is_type = [](const std::string& header) {
            return same_word(std::string_view(header).substr(0, header.find(':')), "content-type");
        };
        if (std::none_of(request_.headers.begin(), request_.headers.end(), is_type))
            headers_ = curl_.slist_append(headers_, "Content-Type:");
        option(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    } else if (request_.method != "GET") {
        option(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    }
}

void CurlOptions::set_up_tls() {
    // A resumed session shows no certificate from libcurl 8.10 on, and proves none with any: each new
    // connection has to.
    option(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!request_.client_certificate.empty()) option(CURLOPT_SSLCERT, request_.client_certificate.c_str());
    if (!request_.client_key.empty()) option(CURLOPT_SSLKEY, request_.client_key.c_str());
    if (!request_.pin.empty()) option(CURLOPT_PINNEDPUBLICKEY, request_.pin.c_str());
    if (request_.certificate) option(CURLOPT_CERTINFO, 1L);
    option(CURLOPT_SSL_VERIFYPEER, request_.verify ? 1L : 0L);
    option(CURLOPT_SSL_VERIFYHOST, request_.verify ? 2L : 0L);
    const char* ca = request_.ca.empty() ? curl_.default_ca : request_.ca.c_str();
    if (!ca) return;
    option(CURLOPT_CAINFO, ca);
    // A `ca` stands alone; and only without a folder does curl keep the parsed bundle for the next
    // connection.
    option(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

CurlOptions::~CurlOptions() {
    curl_.slist_free_all(headers_);
    curl_.slist_free_all(connect_to_);
}

bool CurlOptions::takes_http2_for_granted() const {
    return request_.http2 && !request_.url.starts_with("https:");
}

} // namespace unitgate

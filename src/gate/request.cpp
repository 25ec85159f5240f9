// SPDX-License-Identifier: MIT
#include "gate/request.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

// A version may hold what no URL may ("1.0 beta"), or what would end its path ("?", "#"); '+' is common in
// versions and stands for itself in a path (RFC 3986, 3.3).
std::string encode(std::string_view text) {
    constexpr std::string_view plain = "-._~!$&'()*+,;=:@/", hex = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (is_letter_or_digit(c) || plain.find(c) != std::string_view::npos)
            out += c;
        else
            ((out += '%') += hex[byte >> 4]) += hex[byte & 15];
    }
    return out;
}

Result<std::vector<std::string>> make_headers(const Endpoint& endpoint, const Expansion& expansion,
                                              const Credentials& credentials) {
    std::vector<std::string> lines;
    for (const HeaderRule& rule : endpoint.header) {
        // Placeholders of the version first: what a credential holds is never expanded.
        auto value = expand_credentials(expand(rule.value, expansion), credentials);
        if (!value) return fail_with("cannot use header '" + rule.name + "'", value.error());
        std::string line = rule.name + ": " + *value;
        bool bad = std::any_of(line.begin(), line.end(), [](char c) { return is_control(c) && c != '\t'; });
        if (bad || rule.name.empty() || rule.name.find_first_of(": ;\t") != std::string::npos)
            return fail("cannot use header '" + rule.name +
                            "': its name or value has bytes that no header may hold",
                        "keep it to one line of text");
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace

std::string request_url(const Endpoint& endpoint, const Expansion& expansion) {
    return expand(endpoint.url, {encode(expansion.version), encode(expansion.app_version)});
}

Result<HttpRequest> make_request(const Endpoint& endpoint, const Expansion& expansion,
                                 const Credentials& credentials) {
    auto headers = make_headers(endpoint, expansion, credentials);
    if (!headers) return tl::unexpected(headers.error());
    HttpRequest request;
    request.url = request_url(endpoint, expansion);
    auto url = parse_url(request.url);
    if (!url) return fail_with("cannot use the URL '" + url_without_secrets(request.url) + "'", url.error());
    request.connect = endpoint.connect;
    request.socket = endpoint.socket;
    if (!request.connect && request.socket.empty() && shortest_address(url->host))
        request.connect = SocketAddress{url->host, url->port};
    request.headers = *std::move(headers);
    request.ca = endpoint.ca;
    request.verify = endpoint.verify;
    request.client_certificate = endpoint.client_certificate;
    request.client_key = endpoint.client_key;
    request.pin = endpoint.pin;
    request.certificate = endpoint.min_days_left > 0;
    return request;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "spec/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_url = 8000; // RFC 9110 asks for at least that much, servers rarely take more

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

Status check_bytes(std::string_view text) {
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (byte == ' ' || byte == '\t') return fail("the URL holds a blank", "write a blank as %20");
        if (byte < 0x20 || byte == 0x7f)
            return fail("the URL holds a control byte", "remove it, or write it as %XX");
        if (byte >= 0x80)
            return fail("the URL holds a byte outside ASCII", "write it as %XX, a host name as punycode");
        if (c == '\\' || c == '"' || c == '<' || c == '>')
            return fail(std::string("the URL holds ") + c + ", which no URL may", "write it as %XX");
    }
    return {};
}

Status take_port(std::string_view digits, Url& url) {
    unsigned port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535)
        return fail("the port of the URL is no number from 1 to 65535", "write it as in https://host:8443/");
    url.port = static_cast<std::uint16_t>(port);
    return {};
}

Status take_host(std::string_view text, Url& url) {
    std::string_view after;
    if (text.starts_with('[')) {
        auto close = text.find(']');
        std::array<unsigned char, sizeof(in6_addr)> address{};
        std::array<char, INET6_ADDRSTRLEN> shortest{};
        std::string inside(close == std::string_view::npos ? "" : text.substr(1, close - 1));
        if (inet_pton(AF_INET6, inside.c_str(), address.data()) != 1)
            return fail("the host of the URL is no valid IPv6 address", "write it as in https://[::1]/");
        url.host = inet_ntop(AF_INET6, address.data(), shortest.data(), shortest.size());
        after = text.substr(close + 1);
        if (!after.empty() && after[0] != ':')
            return fail("the URL goes on after the ']' of its IPv6 address",
                        "write it as in https://[::1]:8443/");
    } else {
        auto colon = text.find(':');
        url.host = lowered(text.substr(0, colon));
        if (url.host.empty()) return fail("the URL has no host", "write it as in https://host/path");
        if (!is_valid_host_name(url.host)) {
            bool many = std::count(text.begin(), text.end(), ':') > 1;
            return fail("the host of the URL is no valid host name",
                        many ? "write an IPv6 address in brackets, as in https://[::1]/"
                             : "use letters, digits, '-' and '.'");
        }
        after = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    }
    if (after.empty()) return {};
    return take_port(after.substr(1), url);
}

} // namespace

bool is_valid_host_name(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1); // the root's dot of a full name
    if (host.empty() || host.size() > 253) return false;
    for (std::string_view label : split(host, '.')) {
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        if (!std::all_of(label.begin(), label.end(),
                         [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; }))
            return false;
    }
    return true;
}

bool Url::has_default_port() const {
    return port == (scheme == "https" ? 443 : 80);
}

std::string Url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (!has_default_port()) out += ":" + std::to_string(port);
    return out;
}

std::string Url::without_secrets() const {
    return scheme + "://" + authority() + path;
}

Result<Url> parse_url(std::string_view text) {
    if (text.empty()) return fail("the URL is empty", "write it as in https://host/path");
    if (text.size() > longest_url)
        return fail("the URL is longer than " + std::to_string(longest_url) + " bytes");
    if (auto clean = check_bytes(text); !clean) return tl::unexpected(clean.error());
    Url url;
    auto colon = text.find("://");
    url.scheme = lowered(text.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (url.scheme != "http" && url.scheme != "https")
        return fail("the URL starts neither with http:// nor with https://",
                    "write it as in https://host/path");
    url.port = url.scheme == "https" ? 443 : 80;
    std::string_view rest = text.substr(colon + 3);
    if (auto hash = rest.find('#'); hash != std::string_view::npos) {
        url.fragment = rest.substr(hash + 1);
        rest = rest.substr(0, hash);
    }
    if (auto mark = rest.find('?'); mark != std::string_view::npos) {
        url.query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    auto slash = rest.find('/');
    if (slash != std::string_view::npos) url.path = rest.substr(slash);
    std::string_view authority = rest.substr(0, slash);
    if (auto at = authority.rfind('@'); at != std::string_view::npos) {
        std::string_view info = authority.substr(0, at);
        auto separator = info.find(':');
        url.user = info.substr(0, separator);
        if (separator != std::string_view::npos) url.password = info.substr(separator + 1);
        authority = authority.substr(at + 1);
    }
    if (auto taken = take_host(authority, url); !taken) return tl::unexpected(taken.error());
    return url;
}

std::string url_without_secrets(std::string_view text) {
    auto url = parse_url(text);
    return url ? url->without_secrets() : "(invalid URL)";
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "io/plain_http.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

std::string_view header_name(std::string_view line) {
    return line.substr(0, line.find(':'));
}

// Headers that change how a request or its answer is framed.
bool is_framing(std::string_view name) {
    constexpr std::array names = {"Connection", "Content-Length",    "Expect", "Keep-Alive", "TE",
                                  "Trailer",    "Transfer-Encoding", "Upgrade"};
    return std::any_of(names.begin(), names.end(), [&](auto one) { return same_word(name, one); });
}

bool has_dot_segment(std::string_view path) { // which libcurl takes out
    for (std::string_view segment : split(path, '/'))
        if (segment == "." || segment == ".." || segment.find("%2e") != std::string_view::npos ||
            segment.find("%2E") != std::string_view::npos)
            return true;
    return false;
}

bool is_token_character(char c) { // RFC 9110, 5.6.2
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
}

// What libcurl takes for a short form of an IPv4 address, and writes out.
bool is_short_address(std::string_view host) {
    in_addr address{};
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return !last.empty() && is_digit(last.front()) &&
           ::inet_pton(AF_INET, std::string(host).c_str(), &address) != 1;
}

bool may_become_http_1(std::string_view line) {
    line = line.substr(0, 9);
    return std::string_view("HTTP/1.1 ").starts_with(line) || std::string_view("HTTP/1.0 ").starts_with(line);
}

template <class Number>
bool read_number(std::string_view text, int base, Number& to) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to, base);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

std::optional<std::string> plain_request(const HttpRequest& request) {
    if (request.http2 || request.only_connect || request.certificate || !request.body.empty()) return {};
    if (request.method != "GET" && request.method != "HEAD") return {};
    auto url = parse_url(request.url);
    if (!url || !url->user.empty() || !url->password.empty() || has_dot_segment(url->path)) return {};
    if (url->host.find(':') == std::string::npos && is_short_address(url->host)) return {};
    if (url->query.empty() && request.url.find('?') != std::string::npos) return {}; // the mark is sent too

    struct Usual {
        std::string_view name;
        std::string value;
    };
    std::string head =
        request.method + " " + url->path + (url->query.empty() ? "" : "?" + url->query) + " HTTP/1.1\r\n";
    for (const Usual& usual :
         {Usual{"Host", url->authority()}, Usual{"User-Agent", user_agent}, Usual{"Accept", "*/*"}}) {
        auto given = [&](const std::string& line) { return same_word(header_name(line), usual.name); };
        if (std::none_of(request.headers.begin(), request.headers.end(), given))
            head.append(usual.name).append(": ").append(usual.value).append("\r\n");
    }
    for (const std::string& line : request.headers) {
        if (is_framing(header_name(line))) return {};
        head.append(line.ends_with(": ") ? line.substr(0, line.size() - 1) : line).append("\r\n");
    }
    return head += "\r\n";
}

void explain_silence(bool has_begun, Duration timeout, HttpAnswer& answer) {
    answer.failure = HttpFailure::timeout;
    answer.detail =
        (has_begun ? "the answer did not end within " : "no answer within ") + format_duration(timeout);
}

PlainAnswer::PlainAnswer(const HttpRequest& request) : request_(request) {}

PlainAnswer::Is PlainAnswer::take(std::string_view bytes) {
    if (!bytes.empty()) has_begun_ = true;
    while (!bytes.empty() && part_ != Part::done) {
        if (part_ == Part::body || part_ == Part::rest || part_ == Part::chunk) {
            std::string_view some = bytes.substr(0, left_);
            bytes.remove_prefix(some.size());
            take_body(some);
            continue;
        }
        const std::size_t end = bytes.find('\n');
        line_ += bytes.substr(0, end);
        // What can't become a line that is known here is not waited for.
        if (line_.size() > request_.header_limit) return Is::odd;
        if (part_ == Part::status && !may_become_http_1(line_)) return Is::odd;
        if (end == std::string_view::npos) return Is::more;
        bytes.remove_prefix(end + 1);
        if (!line_.ends_with('\r')) return Is::odd;
        line_.pop_back();
        if (!take_line(line_)) return Is::odd;
        line_.clear();
    }
    if (!bytes.empty() && !answer_.longer) return Is::odd;
    return part_ == Part::done ? Is::whole : Is::more;
}

PlainAnswer::Is PlainAnswer::end() {
    if (part_ == Part::rest) part_ = Part::done;
    return part_ == Part::done ? Is::whole : Is::odd;
}

bool PlainAnswer::take_line(std::string_view line) {
    if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) return false;
    if (part_ == Part::status || part_ == Part::header) {
        header_bytes_ += line.size() + 2;
        if (header_bytes_ > request_.header_limit) return false;
    }
    switch (part_) {
    case Part::status:
        return take_status(line);
    case Part::header:
        if (!line.empty()) return take_header(line);
        begin_body();
        return true;
    case Part::chunk_size:
        return begin_chunk(line);
    case Part::chunk_end:
        part_ = Part::chunk_size;
        return line.empty();
    case Part::last_chunk_end: // or a trailer
        part_ = Part::done;
        return line.empty();
    case Part::body:
    case Part::rest:
    case Part::chunk:
    case Part::done:
        break;
    }
    return false;
}

bool PlainAnswer::take_status(std::string_view line) {
    constexpr std::size_t code_at = 9; // behind "HTTP/1.x "
    int status = 0;
    if (line.size() < code_at + 3 || !read_number(line.substr(code_at, 3), 10, status) || status < 200)
        return false;
    if (line.size() > code_at + 3 && line[code_at + 3] != ' ') return false;
    answer_.status = status;
    is_1_0_ = line[code_at - 2] == '0';
    keeps_connection_ = !is_1_0_;
    part_ = Part::header;
    return true;
}

bool PlainAnswer::take_header(std::string_view line) {
    const std::string_view name = header_name(line);
    if (name.empty() || name.size() == line.size() ||
        !std::all_of(name.begin(), name.end(), is_token_character))
        return false;
    const std::string_view value = trim(line.substr(name.size() + 1));
    if (same_word(name, "Content-Length")) {
        std::size_t length = 0;
        if (length_ || is_chunked_ || !read_number(value, 10, length)) return false;
        length_ = length;
    } else if (same_word(name, "Transfer-Encoding")) {
        if (is_1_0_ || length_ || is_chunked_ || !same_word(value, "chunked")) return false;
        is_chunked_ = true;
    } else if (same_word(name, "Connection")) {
        keeps_connection_ = same_word(value, "keep-alive");
        if (!keeps_connection_ && !same_word(value, "close")) return false;
    }
    for (const std::string& wanted : request_.wanted_headers)
        if (same_word(name, wanted)) answer_.headers.emplace_back(wanted, value);
    return true;
}

void PlainAnswer::begin_body() {
    left_ = length_.value_or(0);
    if (request_.method == "HEAD" || answer_.status == 204 || answer_.status == 304) {
        part_ = Part::done;
    } else if (is_chunked_) {
        part_ = Part::chunk_size;
    } else if (!length_) {
        part_ = Part::rest;
        left_ = std::string_view::npos;
        keeps_connection_ = false;
    } else {
        part_ = left_ > 0 ? Part::body : Part::done;
    }
}

// libcurl takes as many digits. Without a limit, a server could fill an answer with zeros.
bool PlainAnswer::begin_chunk(std::string_view line) {
    constexpr std::size_t most_digits = 16;
    if (line.size() > most_digits || !read_number(line, 16, left_)) return false;
    part_ = left_ > 0 ? Part::chunk : Part::last_chunk_end;
    return true;
}

void PlainAnswer::take_body(std::string_view bytes) {
    const std::size_t room = request_.body_limit - body_bytes_;
    if (request_.keep_body) answer_.body += bytes.substr(0, room);
    if (bytes.size() > room) {
        answer_.longer = true;
        keeps_connection_ = false;
        part_ = Part::done;
        return;
    }
    body_bytes_ += bytes.size();
    if (part_ == Part::rest) return;
    left_ -= bytes.size();
    if (left_ == 0) part_ = part_ == Part::body ? Part::done : Part::chunk_end;
}

} // namespace unitgate

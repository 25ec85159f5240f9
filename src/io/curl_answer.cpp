// SPDX-License-Identifier: MIT
#include "io/curl_answer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

// What libcurl before 8.14 decodes, and later ones refuse; "identity" is what HTTP/1.1 once called none.
bool is_strange_coding(std::string_view line) {
    constexpr std::string_view name = "transfer-encoding:";
    if (!same_word(line.substr(0, name.size()), name)) return false;
    const std::string_view value = trim(line.substr(name.size()));
    return !same_word(value, "chunked") && !same_word(value, "identity");
}

} // namespace

CurlAnswer::CurlAnswer(const HttpRequest& request) : request_(request) {}

void CurlAnswer::take_from(const CurlLibrary& curl, CURL* easy) {
    curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlAnswer::on_header);
    curl.easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlAnswer::on_body);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

void CurlAnswer::begin(bool keep_body) {
    keeps_body_ = keep_body || request_.keep_body;
    header_bytes_ = body_bytes_ = 0;
    headers_too_large_ = headers_complete_ = strange_coding_ = false;
    answer_ = {};
}

// Trailers end with a blank line too. libcurl takes headers that break off for whole ones.
bool CurlAnswer::is_whole() const {
    return headers_complete_ || body_bytes_ > 0;
}

HttpAnswer CurlAnswer::take() {
    return std::exchange(answer_, {});
}

void CurlAnswer::keep_header(std::string_view line) {
    if (line.starts_with("HTTP/")) answer_.headers.clear(); // what came with a 100 or 103 is not the answer's
    for (const std::string& name : request_.wanted_headers) {
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            !same_word(line.substr(0, name.size()), name))
            continue;
        answer_.headers.emplace_back(name, trim(line.substr(name.size() + 1)));
    }
}

std::size_t CurlAnswer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& taken = *static_cast<CurlAnswer*>(self);
    std::string_view line(data, size * count);
    taken.header_bytes_ += line.size();
    // HTTP/2 frames its headers, and no blank line comes after trailers there.
    taken.headers_complete_ =
        line == "\r\n" || line == "\n" || (taken.headers_complete_ && taken.request_.http2);
    if (is_strange_coding(line)) {
        taken.strange_coding_ = true;
        return 0;
    }
    if (!taken.request_.wanted_headers.empty()) {
        try {
            taken.keep_header(line);
        } catch (...) {
            return 0; // out of memory
        }
    }
    if (taken.header_bytes_ <= taken.request_.header_limit) return size * count;
    taken.headers_too_large_ = true;
    return 0;
}

std::size_t CurlAnswer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& taken = *static_cast<CurlAnswer*>(self);
    std::size_t bytes = size * count;
    std::size_t room = taken.request_.body_limit - std::min(taken.body_bytes_, taken.request_.body_limit);
    taken.body_bytes_ += bytes;
    if (taken.keeps_body_) {
        try {
            taken.answer_.body.append(data, std::min(bytes, room));
        } catch (...) {
            return 0; // out of memory: curl says that it could not write
        }
    }
    if (bytes <= room) return bytes;
    taken.answer_.longer = true;
    return 0;
}

} // namespace unitgate

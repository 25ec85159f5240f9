// SPDX-License-Identifier: MIT
#include "io/curl_failure.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include "io/connecting.hpp"
#include "io/plain_http.hpp"

namespace unitgate {

namespace {

using enum HttpFailure;

constexpr int curle_too_large = 100; // CURLE_TOO_LARGE of curl 8.6 and later

void set(HttpAnswer& answer, HttpFailure failure, std::string detail) {
    answer.failure = failure;
    answer.detail = std::move(detail);
}

void explain_connect(int error, HttpAnswer& answer) {
    if (error == 0) return set(answer, unreachable, "cannot connect");
    if (error == ETIMEDOUT)
        return set(answer, timeout, "no answer to the connection"); // the kernel's time-out
    ConnectionFailure failure = explain_connection(error, Duration(0));
    set(answer, failure.kind, std::move(failure.detail));
}

// What a verified certificate failed on: X509_V_ERR_* of OpenSSL (openssl-verification-options(1)). The
// numbers are part of its ABI; its header is not needed for them.
std::string certificate_reason(long result) {
    switch (result) {
    case 0:
    case 1: // where libcurl starts from: its own check of the name failed
    case 62:
        return "the certificate is for another name";
    case 2:
    case 20:
    case 21:
        return "the certificate's issuer is unknown";
    case 9:
        return "the certificate is not valid yet";
    case 10:
        return "the certificate has expired";
    case 18:
        return "the certificate is self-signed";
    case 19:
        return "a self-signed certificate in the chain is not trusted";
    case 23:
        return "the certificate is revoked";
    case 26:
        return "the certificate is for another purpose";
    default:
        return "the certificate is not trusted (verify error " + std::to_string(result) + ")";
    }
}

void explain_handshake(const FailedRequest& failed, int error, HttpAnswer& answer) {
    std::string_view text = failed.text;
    auto says = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
    // A peer that goes away says nothing about certificates: a proxy without its backend does that.
    if (error == ECONNRESET || says("Connection reset") || says("unexpected eof") ||
        says("SSL_ERROR_SYSCALL"))
        return set(answer, reset, "connection closed during the TLS handshake");
    if (says("wrong version number") || says("packet length too long") || says("record layer failure"))
        return set(answer, tls, "the server does not speak TLS on this port");
    if (says("alert")) return set(answer, tls, "the server refused the TLS handshake with an alert");
    set(answer, tls, "the TLS handshake failed");
}

void explain_timeout(const CurlLibrary& curl, CURL* easy, const FailedRequest& failed, HttpAnswer& answer) {
    curl_off_t looked_up = 0, connected = 0, secured = 0, answered = 0;
    curl.easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    curl.easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl.easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    curl.easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &answered);
    std::string within = " within " + format_duration(failed.timeout);
    if (failed.named && looked_up == 0) return set(answer, dns, "the name was not resolved" + within);
    // With TLS, libcurl says that it is connected only when the handshake is over.
    if (failed.secure && secured == 0) return set(answer, timeout, "no TLS connection" + within);
    if (connected == 0) return set(answer, timeout, "not connected" + within);
    // With HTTP/2 the first bytes are none of the answer.
    explain_silence(answered != 0 && (!failed.http2 || failed.status_line), failed.timeout, answer);
}

// HTTP/2 alone. True where it is explained.
bool explain_http2(const FailedRequest& failed, HttpAnswer& answer) {
    std::string_view text = failed.text;
    bool empty = failed.code == CURLE_PARTIAL_FILE || (failed.code == CURLE_HTTP2 && text.empty());
    if (failed.status_line) return false;
    if (tells_of_no_http2(text) ||
        failed.code == CURLE_GOT_NOTHING) // the latter is libcurl 7.88's code for it
        return set(answer, protocol, "the server does not speak HTTP/2"), true;
    if (empty) return set(answer, reset, "connection closed without an answer"), true;
    if (text.starts_with("Connection died")) // five GOAWAY frames, or streams that were refused
        return set(answer, reset, "the server ends the connection before it answers"), true;
    return false;
}

} // namespace

bool tells_of_no_http2(std::string_view text) {
    for (std::string_view words : {"expected SETTINGS", "nghttp2 shuts down", "nghttp2 recv error"})
        if (text.find(words) != std::string_view::npos) return true;
    return false;
}

void explain_failure(const CurlLibrary& curl, CURL* easy, const FailedRequest& failed, HttpAnswer& answer) {
    long error = 0;
    curl.easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    if (failed.http2 && explain_http2(failed, answer)) return;
    std::string_view text = failed.text;
    auto says = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
    switch (static_cast<int>(failed.code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return set(answer, dns, "the name does not resolve");
    case CURLE_COULDNT_CONNECT:
        return explain_connect(static_cast<int>(error), answer);
    case CURLE_OPERATION_TIMEDOUT:
        return explain_timeout(curl, easy, failed, answer);
    case CURLE_GOT_NOTHING:
        return set(answer, reset, "connection closed without an answer");
    case CURLE_PARTIAL_FILE:
        return set(answer, reset, "the answer was cut off");
    case CURLE_BAD_CONTENT_ENCODING:
        return set(answer, protocol, "the answer has a transfer coding that was not asked for");
    case CURLE_SEND_ERROR:
        if (says("alert")) return set(answer, tls, "the server refused the TLS connection with an alert");
        return set(answer, reset, "connection closed while sending the request");
    case CURLE_RECV_ERROR:
        // Bad chunks share this code, and the errno may be that of an earlier try.
        if (says("chunk")) return set(answer, protocol, "the answer's chunks are malformed");
        // Within TLS, the reset stands in OpenSSL's text alone.
        if (error == ECONNRESET || says("Connection reset")) return set(answer, reset, "connection reset");
        // With TLS 1.3 a client's certificate is refused only after the handshake.
        if (says("alert")) return set(answer, tls, "the server refused the TLS connection with an alert");
        if (says("unexpected eof") || says("SSL_ERROR_SYSCALL") || says("closed"))
            return set(answer, reset, "the answer was cut off");
        if (failed.status_line) return set(answer, header, "the answer's headers are malformed");
        return set(answer, protocol, "the answer is no HTTP");
    case CURLE_SSL_CONNECT_ERROR:
        return explain_handshake(failed, static_cast<int>(error), answer);
    case CURLE_PEER_FAILED_VERIFICATION: {
        long result = 0;
        curl.easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
        return set(answer, tls, certificate_reason(result));
    }
    case CURLE_SSL_CACERT_BADFILE:
        return set(answer, tls, "the CA file cannot be read or holds no certificate");
    case CURLE_SSL_CERTPROBLEM:
        return set(answer, tls, "the client certificate or its key cannot be used");
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return set(answer, tls, "the server's public key is not the pinned one");
    case CURLE_HTTP2_STREAM: // also where libcurl 7.88 meets the reset that may follow a whole short answer
        return set(answer, reset, "the server has reset the request's stream");
    case CURLE_HTTP2:
        if (failed.status_line) return set(answer, reset, "the answer was cut off");
        return set(answer, protocol, "the server does not speak HTTP/2");
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return set(answer, tls, curl.easy_strerror(failed.code));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_OUT_OF_MEMORY: // also one header line past curl's own limit of 100 KiB
    case curle_too_large:
        if (failed.status_line) return set(answer, header, "the answer's headers are malformed");
        return set(answer, protocol, "the answer is no HTTP");
    case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9, or no status line at all
        return set(answer, protocol, "the answer is no HTTP");
    default:
        return set(answer, protocol, curl.easy_strerror(failed.code));
    }
}

} // namespace unitgate

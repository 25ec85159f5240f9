// SPDX-License-Identifier: MIT
// gRPC servers, in the bytes of HTTP/2 (RFC 9113, headers as of RFC 7541, none of them packed).
#include "gate/prove_services.hpp"

namespace unitgate {

namespace {

using Do = ServerStep::Do;

std::string frame(char type, char flags, const std::string& payload) {
    constexpr char settings = 4;
    std::string text{
        0, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size()), type, flags, 0, 0,
        0, type == settings ? '\0' : '\1'}; // all else is of stream 1
    return text + payload;
}

std::string header(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) +
           value;
}

// ":status" is entry 8 of the static table.
std::string status(const std::string& code) {
    return std::string("\x08\x03") + code;
}

const std::string settings = frame(4, 0, "");
constexpr char data = 0, headers = 1, end_stream = 1, end_headers = 4;

// An answer of HTTP alone, as a proxy without its backend gives.
std::string plain_answer(const std::string& code) {
    return settings + frame(headers, end_headers | end_stream, status(code));
}

std::string answer_head() {
    return settings + frame(headers, end_headers, status("200") + header("content-type", "application/grpc"));
}

// `serving`: the field of HealthCheckResponse, 1 is SERVING.
std::string health_answer(char serving) {
    const std::string message{0, 0, 0, 0, 2, 8, serving};
    return answer_head() + frame(data, 0, message) +
           frame(headers, end_headers | end_stream, header("grpc-status", "0"));
}

// No message, but an error in the trailers.
std::string error_answer(const std::string& code) {
    return answer_head() + frame(headers, end_headers | end_stream, header("grpc-status", code));
}

ServerScript says(const std::string& text) {
    return {{Do::read_http_2}, {Do::send, text}, {Do::hang}};
}

} // namespace

ServerCases grpc_cases(const GrpcProbe& probe) {
    ServerCases all;
    const ServerScript healthy = says(health_answer(1));
    add_connections(all, Do::read_http_2, answer_head());
    add_certificates(all, probe, healthy);
    for (const char* code : {"404", "500", "502", "503"})
        all.push_back(wrong_answer(std::string("answers ") + code, says(plain_answer(code))));
    all.push_back(
        broken("answers what is no HTTP/2",
               {{Do::read_some}, {Do::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, {Do::hang}}));
    all.push_back(broken("has no health service", says(error_answer("12"))));
    all.push_back(broken("does not know the service", says(error_answer("5"))));
    all.push_back(wrong_answer("says NOT_SERVING", says(health_answer(2))));
    all.push_back(healthy_copy("a healthy copy: says SERVING", healthy));
    for (ServerCase& one : all)
        one.tls.http_2 = true;
    return all;
}

} // namespace unitgate

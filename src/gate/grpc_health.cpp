// SPDX-License-Identifier: MIT
#include "gate/grpc_health.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace unitgate {

namespace {

constexpr std::size_t frame_head =
    5; // one byte: compressed or not; then the length, most significant byte first

void put_varint(std::uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7)
        out += static_cast<char>((value & 0x7f) | 0x80);
    out += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return value;
    }
    return std::nullopt;
}

// The value of a field that this program does not know.
bool skip_value(std::uint64_t wire_type, std::string_view& bytes) {
    std::size_t size = 0;
    switch (wire_type) {
    case 0:
        return take_varint(bytes).has_value();
    case 1:
        size = 8;
        break;
    case 2: {
        auto length = take_varint(bytes);
        if (!length || *length > bytes.size()) return false;
        size = static_cast<std::size_t>(*length);
        break;
    }
    case 5:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
    return true;
}

// Status codes and their names in gRPC.
std::string_view code_name(int code) {
    constexpr std::array<std::string_view, 17> names{
        "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED"};
    return code >= 0 && static_cast<std::size_t>(code) < names.size() ? names[static_cast<std::size_t>(code)]
                                                                      : "no code of gRPC";
}

std::string in_brackets(int code) {
    return " (" + std::string(code_name(code)) + ")";
}

std::string code_text(int code) {
    std::string name = in_brackets(code);
    if (code == 5) return "the server does not know the service" + name;
    if (code == 12) return "the server has no health service" + name;
    return "the server answers with grpc-status " + std::to_string(code) + name;
}

// grpc-status; nothing where there is none.
std::optional<int> code_of(const HttpAnswer& answer) {
    const std::string* code = answer.header("grpc-status");
    int status = -1;
    if (code) std::from_chars(code->data(), code->data() + code->size(), status);
    return status < 0 ? std::nullopt : std::optional(status);
}

bool is_grpc(const HttpAnswer& answer) {
    const std::string* type = answer.header("content-type");
    return type && type->starts_with("application/grpc");
}

std::string_view serving_name(std::uint64_t status) {
    constexpr std::array<std::string_view, 4> names{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    return status < names.size() ? names[status] : "a status of its own";
}

} // namespace

std::string health_request(std::string_view service) {
    std::string message;
    if (!service.empty()) {
        message += '\x0a'; // field 1, with a length in front
        put_varint(service.size(), message);
        message += service;
    }
    std::string frame(1, '\0');
    for (int shift : {24, 16, 8, 0})
        frame += static_cast<char>((message.size() >> shift) & 0xff);
    return frame + message;
}

std::optional<std::uint64_t> read_health_response(std::string_view body) {
    if (body.size() < frame_head || body[0] != '\0') return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 1; i < frame_head; ++i)
        length = length << 8 | static_cast<unsigned char>(body[i]);
    body.remove_prefix(frame_head);
    if (body.size() != length) return std::nullopt;
    std::uint64_t status = 0;
    while (!body.empty()) {
        auto tag = take_varint(body);
        if (!tag) return std::nullopt;
        if (*tag == 8) { // field 1, a number; of several the last counts
            auto value = take_varint(body);
            if (!value) return std::nullopt;
            status = *value;
        } else if (!skip_value(*tag & 7, body)) {
            return std::nullopt;
        }
    }
    return status;
}

TryResult judge_health(const HttpAnswer& answer) {
    if (answer.status != 200)
        return failed_for(Cause::status, "got " + std::to_string(answer.status) + ", want 200",
                          answer.status);
    auto code = code_of(answer);
    if (!is_grpc(answer)) return failed_for(Cause::protocol, "the answer is no gRPC", answer.status);
    if (!code) return failed_for(Cause::protocol, "the answer has no grpc-status", answer.status);
    if (*code > 0) return failed_for(Cause::grpc, code_text(*code), answer.status);
    auto serving = read_health_response(answer.body);
    if (!serving || answer.longer)
        return failed_for(Cause::protocol, "the answer is no HealthCheckResponse", answer.status);
    if (*serving != 1)
        return failed_for(Cause::not_serving,
                          "the health service answers " + std::string(serving_name(*serving)), answer.status);
    return failed_for(Cause::none, {}, answer.status);
}

std::vector<Compared> compare_health(const HttpAnswer& answer) {
    std::vector<Compared> all{{"status", "200", std::to_string(answer.status), answer.status == 200}};
    const std::string* type = answer.header("content-type");
    all.push_back({"content-type", "application/grpc", type ? *type : std::string(), is_grpc(answer)});
    auto code = code_of(answer);
    all.push_back({"grpc-status", "0" + in_brackets(0),
                   code ? std::to_string(*code) + in_brackets(*code) : std::string(), code == 0});
    auto serving = read_health_response(answer.longer ? std::string_view() : answer.body);
    std::string name(serving ? serving_name(*serving) : std::string_view());
    const bool serves = serving && *serving == 1;
    all.push_back({"health", std::string(serving_name(1)), std::move(name), serves});
    return all;
}

} // namespace unitgate

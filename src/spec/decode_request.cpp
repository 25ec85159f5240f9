// SPDX-License-Identifier: MIT
// The keys of a [[gate.probe]] that makes a request: HTTP and gRPC.
#include <charconv>
#include <utility>

#include "base/ascii.hpp"
#include "base/json.hpp"
#include "base/regex.hpp"
#include "base/text.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"
#include "spec/expand.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

// Stands in for a version where the form of an expanded text is checked.
const Expansion sample{"0", "0"};

class RequestDecoder {
  public:
    RequestDecoder(const Reader& in, const Spec& spec) : in_(in), report_(in.report()), spec_(spec) {
        for (const auto& [id, path] : spec.credentials)
            with_secrets_.credentials.push_back(id);
    }

    HttpProbe http(std::string_view key, const std::string& no_domain) {
        HttpProbe http;
        if (!key.empty()) address(key, no_domain, http);
        endpoint(http);
        method(http);
        status(http);
        json(http);
        body(http);
        in_.text("version_header", http.version_header, "bad-header", check_header_name);
        if (http.method != "HEAD") return http;
        for (std::string_view rule : {"json", "body"})
            if (in_.has(rule))
                in_.conflict(rule, "'" + std::string(rule) + "' has no body to look at in the answer to HEAD",
                             "remove one of the two");
        return http;
    }

    GrpcProbe grpc() {
        GrpcProbe grpc;
        bool good = in_.secret_text("grpc", grpc.url, "bad-url", [](std::string_view value) -> Status {
            auto url = parse_url(expand(value, sample));
            if (!url)
                return fail("is no address of a gRPC server: " + url.error().message,
                            "write it as grpc = \"https://HOST:PORT\", or with http:// where it speaks no "
                            "TLS");
            if (url->path != "/" || !url->query.empty() || !url->fragment.empty())
                return fail("has something after the port",
                            "write scheme, host and port alone; what is asked for goes into 'service'");
            return {};
        });
        if (good) placeholders(*in_.find("grpc"), grpc.url, plain_);
        endpoint(grpc);
        in_.text("service", grpc.service, "bad-service", check_service);
        return grpc;
    }

  private:
    const Reader& in_;
    const Report& report_;
    const Spec& spec_;
    PlaceholderRules plain_{};
    PlaceholderRules lenient_{.lenient = true, .credentials = {}};
    PlaceholderRules with_secrets_{.credential = true, .credentials = {}};

    void address(std::string_view key, const std::string& no_domain, HttpProbe& http) {
        std::string text;
        std::string host = key == "path" ? "https://" + (spec_.domain.empty() ? "host" : spec_.domain) : "";
        bool good = in_.secret_text(key, text, "bad-url", [&](std::string_view value) -> Status {
            if (key == "path" && !value.starts_with('/'))
                return fail("does not start with '/'", "write it as path = \"/api/version\"");
            auto url = parse_url(expand(host + std::string(value), sample));
            if (!url)
                return fail((key == "path" ? "makes no valid URL: " : "is no valid URL: ") +
                                url.error().message,
                            url.error().remedy);
            return {};
        });
        if (good) good = placeholders(*in_.find(key), text, plain_);
        if (key == "path" && spec_.domain.empty() && !no_domain.empty()) {
            report_missing(report_, in_.find("path")->key, "'path' has no domain to be on", no_domain);
            good = false;
        }
        if (good) http.url = host + text;
    }

    bool placeholders(const Node& value, std::string_view text, const PlaceholderRules& rules) {
        auto fault = find_placeholder_fault(text, rules);
        if (fault) report_.placeholder(value.place, {}, *fault);
        return !fault;
    }

    void endpoint(Endpoint& asked) {
        std::string text;
        if (in_.text("connect", text, "bad-address", check_socket_address))
            asked.connect = parse_socket_address(text).value();
        in_.text("socket", asked.socket, "bad-path", check_socket_path);
        if (in_.has("connect") && in_.has("socket"))
            in_.conflict("socket", "the probe has both 'connect' and 'socket'",
                         "keep the one where it is to connect");
        header(asked);
        in_.boolean("verify", asked.verify);
        if (in_.text("ca", asked.ca, "bad-path", check_absolute_path) && !asked.verify)
            in_.conflict("ca", "'ca' has no effect with verify = false", "remove one of the two");
        in_.text("client_certificate", asked.client_certificate, "bad-path", check_absolute_path);
        in_.text("client_key", asked.client_key, "bad-path", check_absolute_path);
        if (in_.has("client_key") && !in_.has("client_certificate"))
            in_.conflict("client_key", "'client_key' has no effect without 'client_certificate'",
                         "add client_certificate = \"/PATH\", or remove it");
        in_.text("pin", asked.pin, "bad-pin", check_pin);
        in_.integer("min_days_left", asked.min_days_left, 1, 3650);
        if (asked.url.starts_with("http:"))
            for (std::string_view key : {"client_certificate", "pin", "min_days_left"})
                if (in_.has(key))
                    in_.conflict(key, "'" + std::string(key) + "' has no effect on a URL without TLS",
                                 "remove it, or write the URL with https://");
    }

    // {version} and the like in a text with braces of its own are the author's: only a near miss is wrong.
    void method(HttpProbe& http) {
        bool chosen = in_.text("method", http.method, "bad-method", check_method);
        if (!in_.has("request_body")) return;
        if (!in_.has("method")) http.method = "POST";
        PlaceholderRules rules = with_secrets_;
        rules.lenient = true;
        if (in_.secret_text("request_body", http.request_body, "bad-text",
                            [](std::string_view) { return Status(); }))
            placeholders(*in_.find("request_body"), http.request_body, rules);
        if (chosen && (http.method == "GET" || http.method == "HEAD"))
            in_.conflict("request_body", "'request_body' goes with no " + http.method,
                         "remove it, or write method = \"POST\"");
    }

    void status(HttpProbe& http) {
        const Node* list = in_.find("status");
        if (!list) return;
        if (list->kind == Node::Kind::integer || list->kind == Node::Kind::text) {
            report_.error(
                list->place, "wrong-type",
                in_.shown("status") + " must be a list, not " + std::string(kind_with_article(list->kind)),
                list->kind == Node::Kind::integer ? "write it as status = [" + list->text + "]"
                                                  : "write it as status = [200] or status = [\"200-299\"]");
            return;
        }
        if (list->kind != Node::Kind::list) return in_.wrong_type("status", *list);
        http.status.clear();
        if (list->children.empty())
            report_.error(list->place, "bad-status",
                          in_.shown("status") + " is empty, so that no answer could pass",
                          "write it as status = [200]");
        for (const Node& each : list->children) {
            StatusRange range;
            std::string_view text = each.text;
            auto code = [](std::string_view digits, std::uint16_t& into) {
                auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
                return error == std::errc() && end == digits.data() + digits.size() && into >= 100 &&
                       into <= 599;
            };
            auto dash = text.find('-');
            bool good = each.kind == Node::Kind::integer || each.kind == Node::Kind::text;
            if (each.kind == Node::Kind::integer || dash == std::string_view::npos) {
                good = good && code(text, range.first);
                range.last = range.first;
            } else {
                good = good && code(text.substr(0, dash), range.first) &&
                       code(text.substr(dash + 1), range.last) && range.first <= range.last;
            }
            if (good)
                http.status.push_back(range);
            else
                report_.error(each.place, "bad-status",
                              in_.shown("status") + " takes codes from 100 to 599 and ranges of them",
                              "write it as status = [200, \"301-303\"]");
        }
    }

    void json(HttpProbe& http) {
        const Node* table = in_.take("json", Node::Kind::table);
        if (!table) return;
        for (const Node& each : table->children) {
            JsonRule rule{each.name, each.text};
            if (auto ok = check_json_pointer(each.name); !ok) {
                in_.bad_value(each.key, "json", each.name, "bad-pointer", ok.error());
                continue;
            }
            switch (each.kind) {
            case Node::Kind::text:
                if (!placeholders(each, each.text, plain_)) continue;
                break;
            case Node::Kind::integer:
                rule.expected = std::to_string(each.integer);
                break;
            case Node::Kind::real:
                rule.expected = Json(each.real).plain();
                break;
            case Node::Kind::boolean:
                break;
            default:
                in_.wrong_type("json", each, "a table of strings, numbers and booleans");
                continue;
            }
            http.json.push_back(std::move(rule));
        }
    }

    void body(HttpProbe& http) {
        bool good = in_.text("body", http.body, "bad-regex", [](std::string_view pattern) -> Status {
            if (pattern.empty())
                return fail("is empty, and would match every body",
                            "remove it, or write what the body must hold");
            auto regex = Regex::compile(expand_pattern(pattern, sample));
            if (!regex)
                return fail(
                    "is no valid pattern: " + regex.error().message,
                    "see pcre2pattern(3); put it in single quotes, which take backslashes as they are");
            return {};
        });
        if (good) placeholders(*in_.find("body"), http.body, lenient_);
    }

    // A value may be a secret: no cause repeats it.
    void header(Endpoint& asked) {
        const Node* table = in_.take("header", Node::Kind::table);
        if (!table) return;
        for (const Node& each : table->children) {
            if (auto ok = check_header_name(each.name); !ok) {
                in_.bad_value(each.key, "header", each.name, "bad-header", ok.error());
            } else if (same_word(each.name, "host")) {
                report_.error(each.key, "bad-header", "the header 'Host' is the URL's and cannot be set",
                              "write the host in url, and where to connect in connect");
            } else if (each.kind != Node::Kind::text) {
                in_.wrong_type("header", each, "a table of strings alone");
            } else if (auto value = check_header_value(each.text); !value) {
                report_.error(each.place, "bad-header",
                              "the value of header " + in_quotes_clipped(each.name) + " " +
                                  value.error().message,
                              value.error().remedy);
            } else if (placeholders(each, each.text, with_secrets_)) {
                asked.header.push_back({each.name, each.text});
            }
        }
    }
};

} // namespace

HttpProbe decode_http(const Reader& in, std::string_view key, const std::string& no_domain,
                      const Spec& spec) {
    return RequestDecoder(in, spec).http(key, no_domain);
}

GrpcProbe decode_grpc(const Reader& in, const Spec& spec) {
    return RequestDecoder(in, spec).grpc();
}

} // namespace unitgate

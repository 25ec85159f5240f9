// SPDX-License-Identifier: MIT
// One [[gate.probe]].
#include <algorithm>
#include <charconv>
#include <utility>

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

class ProbeDecoder {
  public:
    ProbeDecoder(const Node& table, const Report& report, const std::string& no_domain, const Spec& spec)
        : in_(&table, "gate.probe", report), report_(report), no_domain_(no_domain), spec_(spec) {
        for (const auto& [id, path] : spec.credentials)
            in_header_.credentials.push_back(id);
    }

    decltype(Probe::check) check() {
        std::string_view chosen = choose();
        if (chosen == "tcp") return tcp();
        if (chosen == "unix") return unix_socket();
        if (chosen == "unit") return unit();
        HttpProbe http;
        if (!chosen.empty()) address(chosen, http);
        connect(http);
        status(http);
        json(http);
        body(http);
        header(http);
        in_.boolean("verify", http.verify);
        if (in_.text("ca", http.ca, "bad-path", check_absolute_path) && !http.verify)
            report_.error(in_.find("ca")->key, "conflicting-keys", "'ca' has no effect with verify = false",
                          "remove one of the two");
        return http;
    }

  private:
    Reader in_;
    const Report& report_;
    const std::string& no_domain_;
    const Spec& spec_;
    PlaceholderRules plain_{};
    PlaceholderRules lenient_{.lenient = true, .credentials = {}};
    PlaceholderRules in_header_{.credential = true, .credentials = {}};

    // The key that says what kind of probe it is; empty when that is not clear.
    std::string_view choose() {
        std::string_view chosen;
        for (std::string_view key : {"url", "path", "tcp", "unix", "unit"}) {
            if (!in_.has(key)) continue;
            if (!chosen.empty()) {
                report_.error(in_.find(key)->key, "conflicting-keys",
                              "the probe has both '" + std::string(chosen) + "' and '" + std::string(key) +
                                  "'",
                              "keep one of url, path, tcp, unix and unit, and write another [[gate.probe]] "
                              "for the rest");
                return {};
            }
            chosen = key;
        }
        if (chosen.empty())
            report_missing(report_, in_.place(), "the probe does not say what to try",
                           "add one of path = \"/PATH\", url = \"https://HOST/PATH\", tcp = "
                           "\"127.0.0.1:PORT\", unix = \"/PATH\" or unit = \"NAME.service\"");
        if (chosen == "tcp" || chosen == "unix" || chosen == "unit") only_http(chosen);
        return chosen;
    }

    void only_http(std::string_view kind) {
        for (std::string_view key : {"connect", "status", "json", "body", "header", "ca", "verify"})
            if (const Node* value = in_.find(key))
                report_.error(value->key, "conflicting-keys",
                              "'" + std::string(key) + "' means nothing for a probe with '" +
                                  std::string(kind) + "'",
                              "remove it, or make it an HTTP probe with url or path");
    }

    TcpProbe tcp() {
        TcpProbe probe;
        std::string text;
        if (in_.text("tcp", text, "bad-address", check_socket))
            probe.address = parse_socket_address(text).value();
        return probe;
    }

    UnixProbe unix_socket() {
        UnixProbe probe;
        in_.text("unix", probe.path, "bad-path", [](std::string_view path) -> Status {
            bool abstract = path.starts_with('@') && path.size() > 1;
            if (auto ok = abstract ? check_one_line(path) : check_absolute_path(path); !ok) return ok;
            if (path.size() > 107) return fail("is longer than the 107 bytes that a socket's path may have");
            return {};
        });
        return probe;
    }

    UnitProbe unit() {
        UnitProbe probe;
        in_.text("unit", probe.unit, "bad-unit-name", check_unit_name);
        return probe;
    }

    static Status check_socket(std::string_view text) {
        if (auto address = parse_socket_address(text); !address)
            return fail(address.error().message, address.error().remedy);
        return {};
    }

    void address(std::string_view key, HttpProbe& http) {
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
        if (key == "path" && spec_.domain.empty() && !no_domain_.empty()) {
            report_missing(report_, in_.find("path")->key, "'path' has no domain to be on", no_domain_);
            good = false;
        }
        if (good) http.url = host + text;
    }

    bool placeholders(const Node& value, std::string_view text, const PlaceholderRules& rules) {
        auto fault = find_placeholder_fault(text, rules);
        if (fault) report_.placeholder(value.place, {}, *fault);
        return !fault;
    }

    void connect(HttpProbe& http) {
        std::string text;
        if (in_.text("connect", text, "bad-address", check_socket))
            http.connect = parse_socket_address(text).value();
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
    void header(HttpProbe& http) {
        const Node* table = in_.take("header", Node::Kind::table);
        if (!table) return;
        for (const Node& each : table->children) {
            if (auto ok = check_header_name(each.name); !ok) {
                in_.bad_value(each.key, "header", each.name, "bad-header", ok.error());
            } else if (is_host(each.name)) {
                report_.error(each.key, "bad-header", "the header 'Host' is the URL's and cannot be set",
                              "write the host in url, and where to connect in connect");
            } else if (each.kind != Node::Kind::text) {
                in_.wrong_type("header", each, "a table of strings alone");
            } else if (auto value = check_header_value(each.text); !value) {
                report_.error(each.place, "bad-header",
                              "the value of header " + in_quotes_clipped(each.name) + " " +
                                  value.error().message,
                              value.error().remedy);
            } else if (placeholders(each, each.text, in_header_)) {
                http.header.push_back({each.name, each.text});
            }
        }
    }

    static bool is_host(std::string_view name) {
        constexpr std::string_view host = "host";
        return std::equal(name.begin(), name.end(), host.begin(), host.end(),
                          [](char a, char b) { return (a | 0x20) == b; });
    }
};

} // namespace

Probe decode_probe(const Node& table, std::size_t position, const Report& report,
                   const std::string& no_domain, const Spec& spec) {
    Probe probe;
    probe.place = table.place;
    probe.name = "probe-" + std::to_string(position);
    probe.check = ProbeDecoder(table, report, no_domain, spec).check();
    // After the constructor above has reported unknown keys once.
    if (const Node* name = table.find("name")) {
        bool plain =
            name->kind == Node::Kind::text && !name->text.empty() && name->text.size() <= 64 &&
            std::all_of(name->text.begin(), name->text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
        if (plain)
            probe.name = name->text;
        else
            report.error(name->place, "bad-name",
                         "'name' of [[gate.probe]] must be a string of 1 to 64 printable ASCII characters",
                         "write it as name = \"api\"");
    }
    return probe;
}

} // namespace unitgate

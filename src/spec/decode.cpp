// SPDX-License-Identifier: MIT
// The top of a spec, and unitgate.toml.
#include "spec/decode.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "spec/checks.hpp"
#include "spec/decode_sections.hpp"
#include "spec/fingerprint.hpp"
#include "spec/url.hpp"

namespace unitgate {

namespace {

Status check_domain(std::string_view text) {
    if (is_valid_host_name(text)) return {};
    return fail("is no valid host name", "use letters, digits, '-' and '.', without scheme, port or path");
}

Status check_app(std::string_view text) {
    if (is_plain_name(text)) return {};
    return fail("is no valid name of an app", "use a-z, 0-9 and '-', at most 63, a '-' not in front");
}

Status check_url(std::string_view text) {
    auto url = parse_url(text);
    if (!url) return fail("is no valid URL: " + url.error().message, url.error().remedy);
    return {};
}

void decode_credentials(const Reader& top, std::map<std::string, std::string>& into) {
    const Node* table = top.take("credentials", Node::Kind::table);
    if (!table) return;
    for (const Node& each : table->children) {
        if (auto ok = check_credential_id(each.name); !ok)
            top.bad_value(each.key, "credentials", each.name, "bad-credential", ok.error());
        else if (each.kind != Node::Kind::text)
            top.wrong_type("credentials", each, "a table of paths alone");
        else if (auto path = check_absolute_path(each.text); !path)
            top.bad_value(each.place, "credentials", each.text, "bad-path", path.error());
        else
            into.emplace(each.name, each.text);
    }
}

const Node* section(const Reader& top, std::string_view name) {
    return top.take(name, Node::Kind::table);
}

// What a spec cannot do without.
void check_complete(const Reader& top, const DecodeInput& input) {
    const Report& report = top.report();
    Place whole{input.file, 0, 0, 1};
    if (!top.has("version"))
        report_missing(report, whole, "the spec has no [version]: what is to be deployed?",
                       "add [version] with one of pin, file or command");
    if (!top.has("deploy"))
        report_missing(report, whole, "the spec has no [deploy]: how is it deployed?",
                       "add [deploy] with command = [\"PROGRAM\", \"ARGUMENT\"]");
    if (!top.has("gate"))
        report_missing(report, whole,
                       "the spec has no [[gate.probe]]: nothing would prove that the app answers",
                       "add [[gate.probe]] with one of url, path, tcp or unix");
}

} // namespace

bool is_plain_name(std::string_view name) {
    auto plain = [](char c) { return is_letter_or_digit(c) && lower(c) == c; };
    if (name.empty() || name.size() > 63 || !plain(name[0])) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '-'; });
}

void report_missing(const Report& report, const Place& place, std::string cause, std::string remedy) {
    if (!report.partial) report.error(place, "missing-key", std::move(cause), std::move(remedy));
}

Spec decode_spec(const DecodeInput& input, Diagnostics& errors) {
    Report report{errors, input.partial};
    Reader top(&input.root, "", report);
    Spec spec;
    spec.name = spec.app = input.name;
    top.text("description", spec.description, "bad-text", check_one_line);
    top.text("app", spec.app, "bad-name", check_app);

    std::string no_domain = input.settings_broken
                                ? "add domain = \"HOST\", or mend unitgate.toml, which may set base_domain"
                                : "add domain = \"HOST\", or set base_domain in unitgate.toml";
    if (top.has("domain")) {
        if (!top.text("domain", spec.domain, "bad-domain", check_domain)) no_domain.clear();
    } else if (!input.settings.base_domain.empty()) {
        spec.domain = spec.app + "." + input.settings.base_domain;
    }
    if (top.has("serves"))
        top.texts("serves", spec.serves, "bad-url", check_url);
    else if (!spec.domain.empty())
        spec.serves.push_back(
            {"https://" + spec.domain + "/", top.has("domain") ? top.find("domain")->place : Place{}});
    Names listens;
    top.texts("listens", listens, "bad-address", check_socket_address);
    for (const auto& each : listens)
        spec.listens.push_back({parse_socket_address(each.value).value(), each.place});
    decode_credentials(top, spec.credentials);

    spec.unit.name = "deploy-" + input.name + ".service";
    spec.unit.wanted_by = {{"deploy.target", {}}};
    decode_unit(section(top, "unit"), report, spec.unit);
    decode_version(section(top, "version"), report, spec.version);
    const Node* deploy = section(top, "deploy");
    decode_deploy(deploy, report, spec.deploy);
    if (deploy) spec.deploy.fingerprint = fingerprint(*deploy);
    const bool has_directory = deploy && deploy->find("directory");
    decode_stop(section(top, "stop"), report, has_directory, spec.stop_command);
    decode_rollback(section(top, "rollback"), report, has_directory, spec.rollback);
    decode_watch(section(top, "watch"), report, spec.watch);
    decode_gate(section(top, "gate"), report, no_domain, spec);
    check_complete(top, input);
    return spec;
}

Settings decode_settings(const Node& root, Diagnostics& errors) {
    Report report{errors};
    Reader top(&root, "settings", report);
    Settings settings;
    top.text("base_domain", settings.base_domain, "bad-domain", check_domain);
    return settings;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "gate/judge.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"

namespace unitgate {

namespace {

std::string list(const std::vector<StatusRange>& ranges) {
    std::string text;
    for (StatusRange range : ranges) {
        if (!text.empty()) text += " or ";
        text += std::to_string(range.first);
        if (range.last != range.first) text += "-" + std::to_string(range.last);
    }
    return text;
}

TryResult passed_with(int status) {
    return failed_for(Cause::none, {}, status);
}

} // namespace

Result<Judge> Judge::create(const HttpProbe& probe, const Expansion& expansion) {
    Judge judge;
    judge.status_ = probe.status;
    judge.wanted_ = list(probe.status);
    judge.json_ = probe.json;
    for (JsonRule& rule : judge.json_) {
        rule.expected = expand(rule.expected, expansion);
        if (auto valid = Json().at_pointer(rule.pointer); !valid)
            return fail_with("cannot use the JSON pointer '" + rule.pointer + "'", valid.error());
    }
    if (!probe.body.empty()) {
        judge.pattern_ = expand_pattern(probe.body, expansion);
        auto pattern = Regex::compile(judge.pattern_);
        if (!pattern) return fail_with("cannot use the pattern of 'body'", pattern.error());
        judge.body_ = *std::move(pattern);
    }
    judge.version_header_ = probe.version_header;
    judge.version_ = expansion.app_version;
    return judge;
}

bool Judge::wants(int status) const {
    return std::any_of(status_.begin(), status_.end(),
                       [&](StatusRange range) { return range.first <= status && status <= range.last; });
}

// The status is judged first: where it is wrong, that says more than an error page's body. Then the version,
// for the same reason.
TryResult Judge::judge(const HttpAnswer& answer) const {
    if (!wants(answer.status))
        return failed_for(Cause::status, "got " + std::to_string(answer.status) + ", want " + wanted_,
                          answer.status);
    if (auto version = judge_version(answer); !version.passed()) return version;
    if (!wants_body()) return passed_with(answer.status);
    if (answer.longer) return failed_for(Cause::too_large, "the body is longer than 64 KiB", answer.status);
    if (body_) {
        auto matches = body_->matches(answer.body);
        if (!matches)
            return failed_for(Cause::body, "the pattern of 'body' takes too long on this body",
                              answer.status);
        if (!*matches) return failed_for(Cause::body, "no match of 'body' in the body", answer.status);
    }
    return judge_json(answer);
}

TryResult Judge::judge_version(const HttpAnswer& answer) const {
    if (version_header_.empty()) return passed_with(answer.status);
    const std::string* found = answer.header(version_header_);
    if (!found)
        return failed_for(Cause::version, "the answer has no header '" + version_header_ + "'",
                          answer.status);
    if (*found != version_)
        return failed_for(Cause::version,
                          "header '" + version_header_ + "' has another value than " + version_,
                          answer.status);
    return passed_with(answer.status);
}

TryResult Judge::judge_json(const HttpAnswer& answer) const {
    if (json_.empty()) return passed_with(answer.status);
    auto parsed = Json::parse(answer.body);
    if (!parsed) return failed_for(Cause::json, "the body is no JSON", answer.status);
    for (const JsonRule& rule : json_) {
        auto found = parsed->at_pointer(rule.pointer);
        if (!found || !*found)
            return failed_for(Cause::json, "'" + rule.pointer + "' is missing", answer.status);
        if ((*found)->plain() != rule.expected)
            return failed_for(Cause::json, "'" + rule.pointer + "' is another value than the wanted one",
                              answer.status);
    }
    return passed_with(answer.status);
}

std::vector<Compared> Judge::compare(const HttpAnswer& answer) const {
    std::vector<Compared> all{{"status", wanted_, std::to_string(answer.status), wants(answer.status)}};
    if (!version_header_.empty()) {
        const std::string* found = answer.header(version_header_);
        all.push_back(
            {"header " + version_header_, version_, found ? *found : "", judge_version(answer).passed()});
    }
    if (body_) {
        auto matches = body_->matches(answer.body);
        bool yes = matches && *matches && !answer.longer;
        all.push_back({"body", pattern_, yes ? "a match" : "no match", yes});
    }
    auto parsed = Json::parse(answer.longer ? "" : answer.body);
    for (const JsonRule& rule : json_) {
        Compared& one = all.emplace_back(Compared{"json " + rule.pointer, rule.expected, {}, false});
        if (!parsed) continue;
        auto found = parsed->at_pointer(rule.pointer);
        if (!found || !*found) continue;
        one.got = (*found)->plain();
        one.matches = one.got == rule.expected;
    }
    return all;
}

} // namespace unitgate

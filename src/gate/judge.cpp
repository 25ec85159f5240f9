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

TryResult verdict(Cause cause, int status, std::string detail) {
    TryResult result;
    result.cause = cause;
    result.status = status;
    result.detail = std::move(detail);
    return result;
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
    return judge;
}

bool Judge::wants(int status) const {
    return std::any_of(status_.begin(), status_.end(),
                       [&](StatusRange range) { return range.first <= status && status <= range.last; });
}

// The status is judged first: where it is wrong, that says more than an error page's body.
TryResult Judge::judge(int status, const std::string& body, bool longer) const {
    if (!wants(status))
        return verdict(Cause::status, status, "got " + std::to_string(status) + ", want " + wanted_);
    if (!wants_body()) return verdict(Cause::none, status, {});
    if (longer) return verdict(Cause::too_large, status, "the body is longer than 64 KiB");
    if (body_) {
        auto matches = body_->matches(body);
        if (!matches)
            return verdict(Cause::body, status, "the pattern of 'body' takes too long on this body");
        if (!*matches) return verdict(Cause::body, status, "no match of 'body' in the body");
    }
    return judge_json(status, body);
}

TryResult Judge::judge_json(int status, const std::string& body) const {
    if (json_.empty()) return verdict(Cause::none, status, {});
    auto parsed = Json::parse(body);
    if (!parsed) return verdict(Cause::json, status, "the body is no JSON");
    for (const JsonRule& rule : json_) {
        auto found = parsed->at_pointer(rule.pointer);
        if (!found || !*found) return verdict(Cause::json, status, "'" + rule.pointer + "' is missing");
        if ((*found)->plain() != rule.expected)
            return verdict(Cause::json, status,
                           "'" + rule.pointer + "' is another value than the wanted one");
    }
    return verdict(Cause::none, status, {});
}

std::vector<Compared> Judge::compare(int status, const std::string& body, bool longer) const {
    std::vector<Compared> all{{"status", wanted_, std::to_string(status), wants(status)}};
    if (body_) {
        auto matches = body_->matches(body);
        bool yes = matches && *matches && !longer;
        all.push_back({"body", pattern_, yes ? "a match" : "no match", yes});
    }
    auto parsed = longer ? Json::parse("") : Json::parse(body);
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

// SPDX-License-Identifier: MIT
// Whether an HTTP answer is the one that a probe wants. Pure; made once per gate, with the version filled in.
// No detail holds any part of the answer but its status; what compare() gives does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/regex.hpp"
#include "gate/evidence.hpp"
#include "gate/result.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

class Judge {
  public:
    // Fails where the body's pattern can't be compiled or a JSON pointer is malformed.
    static Result<Judge> create(const HttpProbe& probe, const Expansion& expansion);

    bool wants_body() const { return body_ || !json_.empty(); }
    // Of an answer without a failure; sets cause, status and detail.
    TryResult judge(const HttpAnswer& answer) const;
    // Every rule against the same answer, one after the other, also past one that fails.
    std::vector<Compared> compare(const HttpAnswer& answer) const;

  private:
    std::vector<StatusRange> status_;
    std::string wanted_; // the statuses, for people
    std::vector<JsonRule> json_;
    std::string pattern_; // of body_
    std::optional<Regex> body_;
    std::string version_header_, version_; // its name, and the value it must have

    bool wants(int status) const;
    TryResult judge_version(const HttpAnswer& answer) const;
    TryResult judge_json(const HttpAnswer& answer) const;
};

} // namespace unitgate

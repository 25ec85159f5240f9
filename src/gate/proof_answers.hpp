// SPDX-License-Identifier: MIT
// The HTTP answers that a proof's servers give: a healthy one, that of an old version, and wrong ones. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct Answer {
    int status = 200;
    std::string body;
    std::string headers; // lines, each with its end
};
// Its bytes, with a Content-Length.
std::string answer_text(const Answer& answer);

// What a healthy server would answer, as far as `status`, `json`, `version_header` and a plain enough `body`
// tell; nullopt where they don't.
std::optional<Answer> build_healthy(const HttpProbe& probe, const Expansion& expansion);

// The header that `version_header` asks for, as a line; empty where there is no such rule.
std::string version_header_line(const HttpProbe& probe, const Expansion& expansion);

// The same answer by an app of another version: `from` replaced where it stands in the body.
Answer as_other_version(const Answer& healthy, const Expansion& from, const Expansion& to);

// A rule that would tell versions apart by this answer: "json = { ... }"; empty where none is seen.
std::string version_rule(const Answer& answer, const Expansion& expansion);

// A text that the pattern matches, for patterns that are a plain text but for anchors and ".*".
std::optional<std::string> sample_of(std::string_view pattern, const Expansion& expansion);

} // namespace unitgate

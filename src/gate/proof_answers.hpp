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

// Whether its method is one that only reads (RFC 9110, 9.2.1), so that the app itself may be asked.
bool changes_nothing(const HttpProbe& probe);

// What a healthy server would answer, as far as `status`, `json`, `version_header` and a plain enough `body`
// tell; nullopt where they don't.
std::optional<Answer> build_healthy(const HttpProbe& probe, const Expansion& expansion);

// The header that `version_header` asks for, as a line; empty where there is no such rule.
std::string version_header_line(const HttpProbe& probe, const Expansion& expansion);

// Some other version, a number where this is one.
Expansion other_version(const Expansion& expansion);

// The same answer by an app of another version: `to` where `from` stands as a whole word, else made from the
// spec. The answer as it is where the probe compares no version and it names none, as then another version
// may well answer the same; nullopt where the probe does and what another version answers is not known.
std::optional<Answer> as_other_version(const HttpProbe& probe, const Answer& healthy, const Expansion& from,
                                       const Expansion& to);

// A rule that would tell versions apart by this answer: "json = { ... }"; empty where none is seen.
std::string version_rule(const Answer& answer, const Expansion& expansion);

// A text that the pattern matches, for patterns that are a plain text but for anchors and ".*".
std::optional<std::string> sample_of(std::string_view pattern, const Expansion& expansion);

} // namespace unitgate

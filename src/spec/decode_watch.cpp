// SPDX-License-Identifier: MIT
// [watch].
#include <array>
#include <utility>

#include "spec/decode_sections.hpp"

namespace unitgate {

namespace {

using Action = WatchSection::Action;
constexpr std::array actions{std::pair(std::string_view("alert"), Action::alert),
                             std::pair(std::string_view("fail"), Action::fail),
                             std::pair(std::string_view("redeploy"), Action::redeploy)};

const Action* find_action(std::string_view word) {
    for (const auto& [name, action] : actions)
        if (name == word) return &action;
    return nullptr;
}

} // namespace

void decode_watch(const Node* table, const Report& report, std::optional<WatchSection>& watch) {
    Reader in(table, "watch", report);
    if (!in) return;
    watch.emplace();
    in.span("interval", watch->interval);
    in.integer("failures", watch->failures, 1, 1000);
    std::string word = "alert";
    in.text("action", word, "bad-choice", [](std::string_view text) -> Status {
        if (find_action(text)) return {};
        return fail("is none of \"alert\", \"fail\" and \"redeploy\"",
                    "\"alert\" only tells, \"fail\" also lets the unit fail, \"redeploy\" deploys again");
    });
    if (const Action* action = find_action(word)) watch->action = *action;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Whether a text is a calendar event of systemd.time(7), by the rules of systemd's own parser. systemd only
// logs a line about one that is none, and the timer is then never set off. Pure; called by the decoder.
#pragma once

#include <string_view>

namespace unitgate {

// A time zone counts by its looks: which ones a host knows is up to that host.
bool is_calendar_event(std::string_view text);

} // namespace unitgate

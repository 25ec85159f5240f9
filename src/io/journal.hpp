// SPDX-License-Identifier: MIT
// Structured entries for journald, sd_journal_sendv(3). Used by report alone; knows no event of this program.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace unitgate {

struct JournalField {
    std::string name;  // [A-Z0-9_]+, as systemd.journal-fields(7)
    std::string value; // any bytes
};
using JournalFields = std::vector<JournalField>;

// Whether journald listens here. Sending without one is lost silently, so ask first.
bool journal_present();

Status journal_send(const JournalFields& fields);

} // namespace unitgate

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

// Whether what is written to `fd` ends in the journal by itself, as in most units ($JOURNAL_STREAM,
// systemd.exec(5)).
bool leads_to_journal(int fd);

Status journal_send(const JournalFields& fields);

} // namespace unitgate

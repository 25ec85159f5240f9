// SPDX-License-Identifier: MIT
// The last line of defence: the layers below hand over safe text by contract; whatever slips through is taken
// out here before it reaches the journal, a status text, an alert or a terminal.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model.hpp"

namespace unitgate {

class Redactor {
  public:
    // From now on `secret` leaves as "[hidden]". Shorter than 4 bytes is ignored: it would hide ordinary
    // words.
    void hide(std::string secret);
    // The values of credentials, the literal header values and request bodies of the spec's probes.
    void hide_secrets_of(const Spec& spec, const std::map<std::string, std::string>& credentials);

    // Free text: secrets hidden, every URL in it without user, password, query and fragment.
    std::string clean(std::string_view text) const;

  private:
    std::vector<std::string> secrets_; // longest first
};

// Every "scheme://..." in `text` without user, password, query and fragment.
std::string strip_urls(std::string_view text);

} // namespace unitgate

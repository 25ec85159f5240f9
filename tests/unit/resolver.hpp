// SPDX-License-Identifier: MIT
// The resolver of the test program: no test asks the machine's for anything but "localhost" and numbers.
// Names under .invalid don't exist (RFC 6761), and "hang.invalid" is not answered before let_go().
#pragma once

#include <string>
#include <vector>

namespace unitgate::test {

class HungResolver {
  public:
    HungResolver();  // from now on look-ups of "hang.invalid" hang
    ~HungResolver(); // lets go
    void let_go();
    int asked() const; // look-ups of it so far
};

class FixedName {
  public:
    // `name` resolves to these numeric addresses, in this order, as long as this lives.
    FixedName(std::string name, std::vector<std::string> addresses);
    FixedName(const FixedName&) = delete;
    ~FixedName();

  private:
    std::string name_;
};

} // namespace unitgate::test

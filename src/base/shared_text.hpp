// SPDX-License-Identifier: MIT
// A text that many hold and nobody changes: thousands of dependencies come from one file.
#pragma once

#include <memory>
#include <string>

namespace unitgate {

class SharedText {
  public:
    SharedText() = default;
    // Meant to be converted to from both.
    SharedText(std::string text)
        : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
    SharedText(const char* text) : SharedText(std::string(text)) {}
    bool empty() const { return !text_; }
    const std::string& str() const {
        static const std::string none;
        return text_ ? *text_ : none;
    }

  private:
    std::shared_ptr<const std::string> text_;
};

} // namespace unitgate

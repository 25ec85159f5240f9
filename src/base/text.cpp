// SPDX-License-Identifier: MIT
#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/ascii.hpp"

namespace unitgate {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

} // namespace

std::size_t utf8_length(std::string_view text) {
    auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    if (text.empty()) return 0;
    std::uint8_t lead = byte(0);
    std::size_t length = lead < 0x80                   ? 1
                         : lead >= 0xc2 && lead < 0xe0 ? 2
                         : lead >= 0xe0 && lead < 0xf0 ? 3
                         : lead >= 0xf0 && lead < 0xf5 ? 4
                                                       : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0)) return 0;
    if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90)) return 0;
    return length;
}

std::string escape_controls(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto byte = static_cast<std::uint8_t>(text[0]);
        std::size_t length = utf8_length(text);
        // U+0080 to U+009F are control characters too; some terminals obey them.
        bool control = byte < 0x20 || byte == 0x7f || length == 0 ||
                       (byte == 0xc2 && static_cast<std::uint8_t>(text[1]) < 0xa0);
        if (!control) {
            out += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        if (byte == '\n')
            out += "\\n";
        else if (byte == '\t')
            out += "\\t";
        else if (byte == '\r')
            out += "\\r";
        else
            for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i) {
                auto each = static_cast<std::uint8_t>(text[i]);
                out += {'\\', 'x', digits[each >> 4], digits[each & 15]};
            }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t shortest_beginning = 3;
    auto begins = [&](std::string_view candidate) {
        return word.size() >= shortest_beginning && candidate.starts_with(word);
    };
    if (std::count_if(candidates.begin(), candidates.end(), begins) == 1)
        return *std::find_if(candidates.begin(), candidates.end(), begins);
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto candidate : candidates) {
        if (candidate.size() > word.size() + least || word.size() > candidate.size() + least) continue;
        if (std::size_t d = distance(word, candidate); d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string in_quotes(std::string_view text) {
    return "'" + std::string(text) + "'";
}

std::string shell_word(std::string_view text) {
    constexpr std::string_view plain = "-_./:=,@%+";
    bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter_or_digit(c) || plain.find(c) != std::string_view::npos;
    });
    return safe ? std::string(text) : in_quotes(replace_all(text, "'", "'\\''"));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string_view trim(std::string_view text) {
    auto is_space = [](char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; };
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += separator;
        out += parts[i];
    }
    return out;
}

std::vector<std::string> each_in_quotes(std::span<const std::string> texts) {
    std::vector<std::string> quoted;
    for (const auto& text : texts)
        quoted.push_back(in_quotes(text));
    return quoted;
}

std::string some_of(std::span<const std::string> names) {
    constexpr std::size_t most = 8;
    if (names.size() <= most) return join(names, ", ");
    return join(names.first(most), ", ") + " and " + std::to_string(names.size() - most) + " more";
}

std::string replace_all(std::string_view text, std::string_view token, std::string_view value) {
    std::string out;
    for (std::size_t at; (at = text.find(token)) != std::string_view::npos;
         text.remove_prefix(at + token.size())) {
        out += text.substr(0, at);
        out += value;
    }
    return out += text;
}

} // namespace unitgate

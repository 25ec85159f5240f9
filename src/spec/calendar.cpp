// SPDX-License-Identifier: MIT
#include "spec/calendar.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ascii.hpp"

namespace unitgate {

namespace {

constexpr std::int64_t second = 1'000'000; // seconds are counted in microseconds, as they may have a fraction

constexpr std::array<std::string_view, 12> shorthands{
    "minutely", "hourly",   "daily",      "weekly",        "monthly",     "quarterly",
    "yearly",   "annually", "biannually", "semi-annually", "bi-annually", "semiannually"};
constexpr std::array<std::string_view, 7> weekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};
constexpr std::size_t shortest_weekday = 3; // "mon"

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

// One element of a list such as "1,5..10/2,20/3".
struct Range {
    std::int64_t start = 0, repeat = 0;
    std::optional<std::int64_t> stop;
};
using Ranges = std::vector<Range>; // empty: "*", any

struct Bounds {
    std::int64_t from, to;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    bool parse() {
        if (rest_.empty() || !parse_weekdays()) return false;
        if (rest_.starts_with('@')) { // seconds since the epoch
            rest_.remove_prefix(1);
            return !rest_.empty() && std::all_of(rest_.begin(), rest_.end(), is_digit);
        }
        return parse_date() && parse_time();
    }

  private:
    char at(std::size_t i = 0) const { return i < rest_.size() ? rest_[i] : '\0'; } // a text holds no NUL
    bool ends() const { return rest_.empty() || at() == ' '; }
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
    bool skip(char c) {
        if (at() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // "Mon..Wed,Fri "; none is fine, where a date or a time stands instead.
    bool parse_weekdays() {
        std::ptrdiff_t from = 0; // where an open range began, Monday is 1; 0: none is open
        for (bool first = true;; first = false) {
            std::size_t length = 0;
            while (is_letter(at(length)))
                ++length;
            std::string_view word = rest_.substr(0, length);
            auto day = std::find_if(weekdays.begin(), weekdays.end(), [&](std::string_view name) {
                return same_word(word, name) || same_word(word, name.substr(0, shortest_weekday));
            });
            if (day == weekdays.end()) return first;
            const std::ptrdiff_t number = day - weekdays.begin() + 1;
            if (from > number) return false;
            rest_.remove_prefix(length);
            const bool in_range = from != 0;
            from = 0;
            if (ends()) return skip_blanks(), true;
            if (rest_.starts_with("..") || at() == '-') { // '-' is how systemd wrote it once
                if (in_range) return false;
                from = number;
                rest_.remove_prefix(at() == '-' ? 1 : 2);
            } else if (!skip(',')) {
                return false;
            }
            if (ends()) return skip_blanks(), from == 0; // a comma may stand at the end
        }
    }

    std::optional<std::int64_t> number(bool of_seconds) {
        std::int64_t value = 0;
        std::size_t digits = 0;
        for (; is_digit(at()); ++digits, rest_.remove_prefix(1))
            if (value = value * 10 + (at() - '0'); value > 1'000'000) return std::nullopt;
        if (digits == 0) return std::nullopt;
        if (!of_seconds) return value;
        value *= second;
        if (at() == '.' && at(1) != '.') {
            rest_.remove_prefix(1);
            if (!is_digit(at())) return std::nullopt;
            for (std::int64_t unit = second / 10; is_digit(at()); unit /= 10, rest_.remove_prefix(1)) {
                if (unit == 0) return std::nullopt; // finer than a microsecond
                value += unit * (at() - '0');
            }
        }
        return value;
    }

    std::optional<Ranges> ranges(bool of_seconds = false) {
        Ranges list;
        if (skip('*')) return list;
        do {
            Range range;
            auto start = number(of_seconds);
            if (!start) return std::nullopt;
            range.start = *start;
            if (rest_.starts_with("..")) {
                rest_.remove_prefix(2);
                range.stop = number(of_seconds);
                if (!range.stop) return std::nullopt;
                range.repeat = of_seconds ? second : 1;
            }
            if (skip('/')) {
                auto repeat = number(of_seconds);
                if (!repeat || *repeat == 0) return std::nullopt;
                range.repeat = *repeat;
            }
            if (!rest_.empty() && !is_one_of(at(), " ,-~:")) return std::nullopt;
            list.push_back(range);
        } while (skip(','));
        return list;
    }

    // `from_end`: counted from a month's end, of which the shortest has 28 days.
    static bool fits(const Ranges& list, Bounds bounds, bool from_end = false) {
        if (from_end) bounds.to -= 3;
        return std::all_of(list.begin(), list.end(), [&](const Range& range) {
            if (range.start < bounds.from || range.start > bounds.to) return false;
            if (range.repeat > bounds.to - bounds.from) return false;
            if (range.stop) return range.start <= *range.stop && *range.stop <= bounds.to;
            return from_end ? range.start - range.repeat >= bounds.from
                            : range.start + range.repeat <= bounds.to;
        });
    }

    static bool is_year(Ranges list) {
        auto whole = [](std::int64_t& year) { year += year < 70 ? 2000 : year < 100 ? 1900 : 0; };
        for (Range& range : list) {
            whole(range.start);
            if (range.stop) whole(*range.stop);
        }
        return fits(list, {1970, 2199});
    }

    // "2026-11-27", "11-27", "*-02~01"; none is fine, where a time stands instead.
    bool parse_date() {
        if (rest_.empty()) return true;
        const std::string_view before = rest_;
        std::array<Ranges, 3> parts; // year, month and day, or the last two
        std::size_t count = 0;
        bool from_end = false;
        for (;;) {
            auto part = ranges();
            if (!part) return false;
            parts[count++] = std::move(*part);
            if (count == 1 && (rest_.empty() || at() == ':')) { // it was a time
                rest_ = before;
                return true;
            }
            if (count > 1 && ends()) break;
            if (count == parts.size() || from_end) return false;
            from_end = at() == '~';
            if (!from_end && at() != '-') return false;
            rest_.remove_prefix(1);
        }
        skip_blanks();
        const std::size_t month = count - 2;
        return (count == 2 || is_year(parts[0])) && fits(parts[month], {1, 12}) &&
               fits(parts[month + 1], {1, 31}, from_end);
    }

    // "04:00", "*:0/15", "*:*:00.5"; none is fine: midnight.
    bool parse_time() {
        if (rest_.empty()) return true;
        auto hours = ranges();
        if (!hours || !fits(*hours, {0, 23}) || !skip(':')) return false;
        auto minutes = ranges();
        if (!minutes || !fits(*minutes, {0, 59})) return false;
        if (rest_.empty()) return true;
        if (!skip(':')) return false;
        auto seconds = ranges(true);
        return seconds && fits(*seconds, {0, 60 * second - 1}) && rest_.empty();
    }

    std::string_view rest_;
};

// "UTC", "Europe/Berlin"; a weekday looks the same.
bool is_time_zone(std::string_view word) {
    if (word.empty()) return false;
    if (same_word(word, "utc")) return true;
    bool is_plain = std::all_of(word.begin(), word.end(),
                                [](char c) { return is_letter_or_digit(c) || is_one_of(c, "+-_/"); });
    return is_plain && word[0] >= 'A' && word[0] <= 'Z' && !Parser(word).parse();
}

} // namespace

bool is_calendar_event(std::string_view text) {
    if (auto blank = text.rfind(' '); blank != std::string_view::npos && is_time_zone(text.substr(blank + 1)))
        text = text.substr(0, blank);
    return std::any_of(shorthands.begin(), shorthands.end(),
                       [&](std::string_view word) { return same_word(text, word); }) ||
           Parser(text).parse();
}

} // namespace unitgate

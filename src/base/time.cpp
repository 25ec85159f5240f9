// SPDX-License-Identifier: MIT
#include "base/time.hpp"

#include <array>
#include <cstdlib>
#include <ctime>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace unitgate {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t usec;
};

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second, hour = 60 * minute, day = 24 * hour;

// The units of systemd.time(7); a month is 30.44 and a year 365.25 days there.
constexpr std::array units = {
    Unit{"us", 1},
    Unit{"usec", 1},
    Unit{"µs", 1},
    Unit{"μs", 1},
    Unit{"ms", 1000},
    Unit{"msec", 1000},
    Unit{"s", second},
    Unit{"sec", second},
    Unit{"second", second},
    Unit{"seconds", second},
    Unit{"m", minute},
    Unit{"min", minute},
    Unit{"minute", minute},
    Unit{"minutes", minute},
    Unit{"h", hour},
    Unit{"hr", hour},
    Unit{"hour", hour},
    Unit{"hours", hour},
    Unit{"d", day},
    Unit{"day", day},
    Unit{"days", day},
    Unit{"w", 7 * day},
    Unit{"week", 7 * day},
    Unit{"weeks", 7 * day},
    Unit{"month", 2630016 * second},
    Unit{"months", 2630016 * second},
    Unit{"M", 2630016 * second},
    Unit{"y", 31557600 * second},
    Unit{"year", 31557600 * second},
    Unit{"years", 31557600 * second},
};

} // namespace

Result<Duration> parse_duration(std::string_view text) {
    std::string shown = "'" + std::string(text) + "'";
    std::string_view rest = trim(text);
    if (rest.empty()) return fail("a time span is empty", "write it as \"30s\", \"5min\" or \"1h 30min\"");
    if (rest == "infinity") return fail("'infinity' is no limit", "write a time span such as \"15min\"");
    if (rest[0] == '-' || rest[0] == '+')
        return fail("time span " + shown + " has a sign", "write it without");
    double total = 0;
    while (!rest.empty()) {
        std::size_t digits = 0;
        while (digits < rest.size() && (is_digit(rest[digits]) || rest[digits] == '.'))
            ++digits;
        // Not std::from_chars: in a program with a static libstdc++ it would load libm. The locale is always
        // "C".
        std::string figure(rest.substr(0, digits));
        char* end = nullptr;
        double number = std::strtod(figure.c_str(), &end);
        if (digits == 0 || end != figure.c_str() + figure.size())
            return fail("time span " + shown + " has no number before '" + std::string(rest) + "'",
                        "write it as \"30s\", \"5min\" or \"1h 30min\"");
        rest = trim(rest.substr(digits));
        std::size_t letters = 0;
        while (letters < rest.size() && !is_digit(rest[letters]) && rest[letters] != ' ' &&
               rest[letters] != '\t')
            ++letters;
        std::string_view name = rest.substr(0, letters);
        std::int64_t usec = name.empty() ? second : 0;
        for (const Unit& unit : units)
            if (unit.name == name) usec = unit.usec;
        if (usec == 0)
            return fail("time span " + shown + " has the unknown unit '" + std::string(name) + "'",
                        "units are us, ms, s, min, h, d, w, month and y");
        total += number * static_cast<double>(usec);
        rest = trim(rest.substr(letters));
    }
    // A century: far beyond any sense, and its sums stay far from the end of the clock.
    if (total > 100.0 * 31557600 * second) return fail("time span " + shown + " is longer than 100 years");
    return Duration(static_cast<std::int64_t>(total + 0.5)); // never negative
}

std::string format_duration(Duration span) {
    std::int64_t usec = span.count();
    if (usec < 0) usec = 0;
    if (usec < 1000) return usec == 0 ? "0s" : "1ms";
    if (usec < second) return std::to_string(usec / 1000) + "ms";
    if (usec < 10 * second) {
        std::int64_t tenths = usec / 100'000;
        std::string out = std::to_string(tenths / 10);
        if (tenths % 10) out += "." + std::to_string(tenths % 10);
        return out + "s";
    }
    static constexpr std::array coarse = {Unit{"d", day}, Unit{"h", hour}, Unit{"min", minute},
                                          Unit{"s", second}};
    std::string out;
    int used = 0;
    for (const Unit& unit : coarse) {
        if (used == 2) break;
        std::int64_t count = usec / unit.usec;
        if (count == 0) {
            if (used) ++used;
            continue;
        }
        if (used) out += ' ';
        out += std::to_string(count) + std::string(unit.name);
        usec %= unit.usec;
        ++used;
    }
    return out;
}

std::string format_duration_exact(Duration span) {
    std::int64_t usec = span.count();
    std::string out;
    static constexpr std::array exact = {Unit{"s", second}, Unit{"ms", 1000}, Unit{"us", 1}};
    for (const Unit& unit : exact) {
        if (std::int64_t count = usec / unit.usec; count > 0) {
            if (!out.empty()) out += ' ';
            out += std::to_string(count) + std::string(unit.name);
        }
        usec %= unit.usec;
    }
    return out.empty() ? "0" : out;
}

std::string format_timestamp(WallTime at) {
    std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "base/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <utility>

#include "base/ascii.hpp"

namespace unitgate {

namespace {

// PCRE2's own limit is one of backtracking, counted anew from each byte where a match may begin, and a single
// step of it may run through the whole subject: by itself it bounds a search to no less than hours.
constexpr std::uint32_t match_limit = 1'000'000;

// So the work of a whole search is counted too: each item of the pattern that is tried, and how far in the
// subject that is from the one before. A sane pattern needs a few million on a 64 KiB body; this many take a
// few tenths of a second.
constexpr std::uint64_t most_work = 100'000'000, work_of_an_item = 16;

// KiB of what a match remembers to go back to; by default PCRE2 would take gigabytes.
constexpr std::uint32_t heap_limit = 64 * 1024;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* handle) const {
        Free(handle);
    }
};
using Code = std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;

PCRE2_SPTR units(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

struct Work {
    std::uint64_t done = 0;
    PCRE2_SIZE at = 0;
};

int count_work(pcre2_callout_block* item, void* data) {
    Work& work = *static_cast<Work*>(data);
    const PCRE2_SIZE at = item->current_position;
    work.done += work_of_an_item + (at > work.at ? at - work.at : work.at - at);
    work.at = at;
    return work.done > most_work ? PCRE2_ERROR_MATCHLIMIT : 0;
}

std::string reason(int code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

} // namespace

struct Regex::Compiled {
    Code code;

    // PCRE2's return value; `data` holds the groups.
    int run(std::string_view subject, MatchData& data) const {
        data.reset(pcre2_match_data_create_from_pattern(code.get(), nullptr));
        MatchContext context(pcre2_match_context_create(nullptr));
        if (!data || !context) return PCRE2_ERROR_NOMEMORY;
        pcre2_set_match_limit(context.get(), match_limit);
        pcre2_set_heap_limit(context.get(), heap_limit);
        Work work;
        pcre2_set_callout(context.get(), count_work, &work);
        if (!subject.data()) subject = "";
        return pcre2_match(code.get(), units(subject), subject.size(), 0, 0, data.get(), context.get());
    }
};

Regex::Regex(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view pattern) {
    if (!pattern.data()) pattern = "";
    int code = 0;
    PCRE2_SIZE offset = 0;
    constexpr std::uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    Code compiled(pcre2_compile(units(pattern), pattern.size(), options, &code, &offset, nullptr));
    if (!compiled) return fail(reason(code) + ", at byte " + std::to_string(offset) + " of the pattern");
    return Regex(std::unique_ptr<Compiled>(new Compiled{std::move(compiled)}));
}

std::uint32_t Regex::groups() const {
    std::uint32_t count = 0;
    pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

Result<bool> Regex::matches(std::string_view subject) const {
    MatchData data;
    int code = compiled_->run(subject, data);
    if (code == PCRE2_ERROR_NOMATCH) return false;
    if (code < 0) return fail("cannot match the pattern: " + reason(code));
    return true;
}

Result<std::optional<std::string>> Regex::first_group(std::string_view subject) const {
    MatchData data;
    int code = compiled_->run(subject, data);
    if (code == PCRE2_ERROR_NOMATCH) return std::optional<std::string>();
    if (code < 0) return fail("cannot match the pattern: " + reason(code));
    const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data.get());
    if (pcre2_get_ovector_count(data.get()) < 2 || offsets[2] == PCRE2_UNSET || code < 2)
        return std::optional<std::string>("");
    return std::optional(std::string(subject.substr(offsets[2], offsets[3] - offsets[2])));
}

std::string Regex::quote(std::string_view text) {
    std::string out;
    for (char c : text) {
        // A backslash before any ASCII byte that is no letter or digit makes it literal (pcre2pattern(3)).
        bool plain = static_cast<unsigned char>(c) >= 0x80 || is_letter_or_digit(c);
        if (!plain) out += '\\';
        out += c;
    }
    return out;
}

} // namespace unitgate

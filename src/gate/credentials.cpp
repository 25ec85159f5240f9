// SPDX-License-Identifier: MIT
#include "gate/credentials.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/ascii.hpp"
#include "base/file.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest = 64 << 10;

} // namespace

Result<std::string> read_credential(const std::string& id, const std::string& source) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    std::string path = folder && *folder ? std::string(folder) + "/" + id : source;
    std::string what = "cannot use credential '" + id + "' from '" + path + "'";
    auto text = read_file(path, longest);
    if (!text) {
        Error error = text.error();
        error.remedy = "put the secret into '" + source + "', or correct 'credentials' in the spec";
        return fail_with("cannot use credential '" + id + "'", error);
    }
    if (text->ends_with('\n')) text->pop_back();
    if (text->empty()) return fail(what + ": it is empty", "put the secret into '" + source + "'");
    if (std::any_of(text->begin(), text->end(), is_control))
        return fail(what + ": it has control bytes, which no header may hold",
                    "keep one line of text in '" + source + "'");
    return *std::move(text);
}

Result<Credentials> read_credentials(const Spec& spec) {
    Credentials found;
    for (const auto& [id, source] : spec.credentials) {
        auto value = read_credential(id, source);
        if (!value) return tl::unexpected(value.error());
        found.emplace(id, *std::move(value));
    }
    return found;
}

Result<std::string> expand_credentials(std::string_view text, const Credentials& credentials) {
    constexpr std::string_view open = "{credential:";
    std::string out;
    for (std::size_t at; (at = text.find(open)) != std::string_view::npos;) {
        out += text.substr(0, at);
        text.remove_prefix(at + open.size());
        std::size_t end = text.find('}');
        if (end == std::string_view::npos)
            return fail("a '{credential:' has no '}'", "write {credential:ID} with an ID of 'credentials'");
        std::string id(text.substr(0, end));
        auto found = credentials.find(id);
        if (found == credentials.end())
            return fail("there is no credential '" + id + "'", "add it to 'credentials' of the spec");
        out += found->second;
        text.remove_prefix(end + 1);
    }
    return out += text;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// The parser against toml11: whatever it takes, toml11 takes too, and both see the same tree.
#include "catch.hpp"

#include <cmath>
#include <filesystem>
#include <sstream>

#include <toml.hpp>

#include "base/file.hpp"
#include "spec/toml.hpp"

using namespace unitgate;

namespace {

bool same(const Node& ours, const toml::value& theirs) {
    switch (ours.kind) {
    case Node::Kind::text:
        return theirs.is_string() && toml::get<std::string>(theirs) == ours.text;
    case Node::Kind::integer:
        return theirs.is_integer() && theirs.as_integer() == ours.integer;
    case Node::Kind::real:
        return theirs.is_floating() && (theirs.as_floating() == ours.real ||
                                        (std::isnan(ours.real) && std::isnan(theirs.as_floating())));
    case Node::Kind::boolean:
        return theirs.is_boolean() && theirs.as_boolean() == ours.boolean;
    case Node::Kind::date:
        return !theirs.is_string() && !theirs.is_table() && !theirs.is_array();
    case Node::Kind::list: {
        if (!theirs.is_array() || theirs.as_array().size() != ours.children.size()) return false;
        for (std::size_t i = 0; i < ours.children.size(); ++i)
            if (!same(ours.children[i], theirs.as_array()[i])) return false;
        return true;
    }
    case Node::Kind::table:
        if (!theirs.is_table() || theirs.as_table().size() != ours.children.size()) return false;
        for (const Node& child : ours.children) {
            auto found = theirs.as_table().find(child.name);
            if (found == theirs.as_table().end() || !same(child, found->second)) return false;
        }
        return true;
    }
    return false;
}

enum class Verdict { both_take_it, both_refuse_it, ours_alone_refuses, ours_alone_takes, trees_differ };

Verdict compare(const std::string& text) {
    SourceFile file{"x.toml", text};
    TomlFile ours = parse_toml(file);
    bool taken = ours.errors.empty();
    try {
        std::istringstream stream(text);
        const toml::value theirs = toml::parse(stream, "x.toml");
        if (!taken) return Verdict::ours_alone_refuses;
        return same(ours.root, theirs) ? Verdict::both_take_it : Verdict::trees_differ;
    } catch (const std::exception&) {
        return taken ? Verdict::ours_alone_takes : Verdict::both_refuse_it;
    }
}

} // namespace

TEST_CASE("what TOML allows is taken and read as toml11 reads it") {
    for (std::string text : {
             "",
             "# nothing",
             "a = 1",
             "a=1\r\nb=2\r\n",
             "a.b.c = 1\na.d = 2",
             "'a b' = 1\n\"c\" = 2",
             "a = [1, 2, 3,]",
             "a = [ # one\n 1, # two\n\n 2\n]",
             "a = [[1, 2], ['x']]",
             "a = []",
             "a = {}",
             "a = { b = 1, c.d = 2, c.e = 3 }",
             "[a]\n[a.b]\nx = 1\n[a.c]",
             "[a.b]\nx = 1\n[a]\ny = 2",
             "[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3",
             "[ a . b ]\nx = 1",
             "[[a.b]]\n[[a.b]]",
             "a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001f600\"",
             "a = 'C:\\x'",
             "a = ''",
             "a = \"\"",
             "a = \"\"\"\none\ntwo\"\"\"",
             "a = \"\"\"one \\\n   two\"\"\"",
             "a = '''\n\\d'''",
             "a = \"\"\"\"x\"\"\"",
             "a = 0",
             "a = +99",
             "a = -17",
             "a = 1_000",
             "a = 0xDEAD_beef",
             "a = 0o17",
             "a = 0b1010",
             "a = 1.5",
             "a = -0.01",
             "a = 5e22",
             "a = 1e-2",
             "a = 6.626e-34",
             "a = inf",
             "a = -inf",
             "a = nan",
             "a = true\nb = false",
             "a = 1979-05-27T07:32:00Z",
             "a = 1979-05-27 07:32:00",
             "a = 1979-05-27",
             "a = 07:32:00",
             "a = \"\xc3\xbc\"",
             "1234 = 'x'",
             "a = [\n  true,\n  false\n]",
             "a = [\n[1],\n[2]\n]",
             "a = 9223372036854775807",
         }) {
        INFO(text);
        CHECK(compare(text) == Verdict::both_take_it);
    }
}

TEST_CASE("what TOML forbids is refused") {
    for (std::string text : {
             "a",
             "a =",
             "= 1",
             "a = 1 b = 2",
             "a = [1",
             "a = [1 2]",
             "a = {b = 1",
             "a = {b = 1,}",
             "a = {b = 1\n}",
             "a = \"x",
             "a = 'x\n'",
             "a = \"\"\"x",
             "a = \"\\x\"",
             "a = \"\\u12\"",
             "a = \"\\ud800\"",
             "a = 01",
             "a = 1__0",
             "a = _1",
             "a = 1_",
             "a = .5",
             "a = 5.",
             "a = 1e",
             "a = 0xg",
             "a = tru",
             "a = 9223372036854775808",
             "[a",
             "[a]]",
             "[[a]",
             "[]",
             "[a.]",
             "[a] x = 1",
             "a = 1\na = 2",
             "[a]\n[a]",
             "a = 1\n[a]",
             "a = {}\n[a.b]",
             "a = []\n[[a]]",
             "[[a]]\n[a]",
             "[a]\n[[a]]",
             "a.b = 1\na = 2",
             "a = 1\na.b = 2",
             "a = {b.c = 1, b = 2}",
             "a = {b = 1}\na.c = 2",
             "[a]\nb.c = 1\n[a.b]",
             "a = \"\x01\"",
             "a = 1 # \x7f",
             "a = \"\xff\"",
             "a = 1\rb = 2",
             "\"\"\"a\"\"\" = 1",
             "a b = 1",
             "a = 0x",
             "a = +0x1",
             "a = +-1",
             "a = -+1",
             "a = - 1",
             "a = ,",
             "a = [,]",
             "a = [1,,2]",
             "a = {,}",
         }) {
        INFO(text);
        SourceFile file{"x.toml", text};
        CHECK_FALSE(parse_toml(file).errors.empty());
    }
}

TEST_CASE("of a thousand damaged specs, toml11 takes and refuses the same and reads the same") {
    std::string whole = read_file(SOURCE_ROOT "/tests/data/full.toml").value();
    REQUIRE(compare(whole) == Verdict::both_take_it);
    for (const auto& each : std::filesystem::directory_iterator(SOURCE_ROOT "/specs"))
        if (each.path().extension() == ".toml") {
            INFO(each.path().string());
            CHECK(compare(read_file(each.path().string()).value()) == Verdict::both_take_it);
        }
    static constexpr std::string_view odd = "[]{}=\"'#,.\n\\-_1aTZ: \r\t";
    std::uint32_t random = 12345;
    auto next = [&random](std::size_t below) {
        random = random * 1664525 + 1013904223;
        return (random >> 8) % below;
    };
    std::size_t taken = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text = whole;
        for (std::size_t changes = 1 + next(2); changes > 0; --changes) {
            std::size_t at = next(text.size());
            switch (next(3)) {
            case 0:
                text[at] = odd[next(odd.size())];
                break;
            case 1:
                text.erase(at, 1);
                break;
            default:
                text.insert(at, 1, odd[next(odd.size())]);
            }
        }
        Verdict verdict = compare(text);
        taken += verdict == Verdict::both_take_it;
        INFO(text);
        CHECK(verdict != Verdict::ours_alone_takes);
        CHECK(verdict != Verdict::trees_differ);
        CHECK(verdict != Verdict::ours_alone_refuses);
    }
    CHECK(taken > 100); // else the damage is such that nothing was compared
}

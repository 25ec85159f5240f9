// SPDX-License-Identifier: MIT
// Statements of TOML: keys, headers, lists and tables in braces, and reading on after a mistake.
#include "spec/toml.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "spec/toml_scanner.hpp"

namespace unitgate {

using toml_detail::Mark;
using toml_detail::Scanner;

namespace {

constexpr std::size_t most_errors = 10;

struct KeyPart {
    std::string name;
    Place place;
};
using KeyPath = std::vector<KeyPart>;

std::string shown(const KeyPath& path) {
    std::string out;
    for (const auto& part : path)
        out += (out.empty() ? "" : ".") + part.name;
    return out;
}

class Parser {
  public:
    explicit Parser(const SourceFile& file) : file_(file), in_(file) {}

    TomlFile parse() {
        out_.root.place = {&file_, 0, 0, 1};
        out_.root.origin = Node::Origin::header;
        if (file_.text.size() > TomlLimits::bytes) {
            report(diagnose({&file_, 0, 0, 1}, "too-large",
                            "the file is larger than " + std::to_string(TomlLimits::bytes >> 10) + " KiB"));
            return std::move(out_);
        }
        check_bytes();
        if (in_.starts_with("\xef\xbb\xbf")) in_.advance(3); // a byte order mark
        table_ = &out_.root;
        for (in_.skip_space(); !in_.at_end(); in_.skip_space())
            if (!statement()) recover();
        return std::move(out_);
    }

  private:
    const SourceFile& file_;
    Scanner in_;
    TomlFile out_;
    Node* table_ = nullptr; // that keys go to; nullptr below a header that could not be read
    std::set<std::uint32_t> bad_lines_;
    Mark statement_;
    enum class Open { nothing, list, braces } open_ = Open::nothing; // what the failure found to be open
    std::size_t nodes_ = 0;

    void report(Diagnostic one) {
        if (out_.errors.size() < most_errors && bad_lines_.insert(one.line).second)
            out_.errors.push_back(std::move(one));
    }

    void check_bytes() {
        std::uint32_t line = 1;
        std::size_t line_start = 0;
        std::string_view text = file_.text;
        for (std::size_t i = 0; i < text.size();) {
            auto byte = static_cast<unsigned char>(text[i]);
            std::size_t length = byte < 0x80 ? 1 : utf8_length(text.substr(i));
            bool newline = byte == '\n', pair = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
            if (length == 0 || byte == 0x7f || (byte < 0x20 && byte != '\t' && !newline && !pair)) {
                Place place{&file_, line, static_cast<std::uint32_t>(i - line_start + 1), 1};
                report(
                    length == 0
                        ? diagnose(place, "bad-utf8", "this byte is no UTF-8", "save the file as UTF-8")
                        : diagnose(place, "control-byte", "a control byte may not stand in the file",
                                   "remove it, or write it as an escape such as \\u001b in double quotes"));
            }
            i += std::max<std::size_t>(length, 1);
            if (newline) {
                ++line;
                line_start = i;
            }
        }
    }

    bool statement() {
        statement_ = in_.mark();
        bool ok = in_.peek() == '[' ? header() : pair(table_, 0);
        if (!ok) return false;
        Mark rest = in_.mark();
        if (in_.take_rest_of_line()) return true;
        in_.go_back_to(rest);
        in_.skip_blanks();
        return in_.fail(in_.place_to_line_end(in_.mark()), "something follows where the line should end",
                        "start a new line, or begin a comment with '#'");
    }

    // Goes on after the line of the mistake where the statement is on that line; else the rest is guesswork.
    void recover() {
        if (auto failure = in_.take_failure()) report(std::move(*failure));
        if (file_.text[statement_.offset] == '[') table_ = nullptr;
        Open open = std::exchange(open_, Open::nothing);
        if (open == Open::list) return; // stands at the next statement already
        bool same_line = in_.mark().line == statement_.line;
        in_.skip_line();
        if (open == Open::braces)
            skip_past_brace();
        else if (!same_line)
            skip_to_header();
    }

    // A table in braces over several lines ends at its '}', unless a header comes first.
    void skip_past_brace() {
        Mark start = in_.mark();
        while (!in_.at_end()) {
            in_.take_newline();
            if (in_.peek() == '[') break;
            Mark line = in_.mark();
            in_.skip_line();
            if (in_.since(line).find('}') != std::string_view::npos) return;
        }
        in_.go_back_to(start);
    }

    void skip_to_header() {
        while (!in_.at_end() && in_.peek() != '[') {
            if (in_.at_line_end())
                in_.take_newline();
            else
                in_.skip_line();
        }
    }

    bool key(KeyPath& path) {
        for (;;) {
            in_.skip_blanks();
            Mark start = in_.mark();
            KeyPart part;
            if (!in_.take_key_part(part.name)) return false;
            part.place = in_.place_since(start);
            path.push_back(std::move(part));
            if (path.size() > TomlLimits::depth)
                return in_.fail(path.back().place, "keys are nested too deeply",
                                "a spec needs four levels at most");
            in_.skip_blanks();
            if (in_.peek() != '.') return true;
            in_.advance();
        }
    }

    bool add(Node& to, Node child, Node** added = nullptr) {
        if (++nodes_ > TomlLimits::nodes)
            return in_.fail(child.key, "the file has too many values", {}, "too-large");
        to.children.push_back(std::move(child));
        if (added) *added = &to.children.back();
        return true;
    }

    static Node make_table(const KeyPart& part, Node::Origin origin) {
        Node node;
        node.name = part.name;
        node.key = node.place = part.place;
        node.origin = origin;
        return node;
    }

    bool fail_twice(const KeyPart& part, const Node& first, std::string_view what) {
        return in_.fail(part.place,
                        std::string(what) + " '" + part.name +
                            "' stands here a second time; the first is in line " +
                            std::to_string(first.key.line),
                        "keep one of the two", "duplicate-key");
    }

    // Without a table to go to (below a broken header) the statement is read for its form alone.
    bool pair(Node* table, int depth) {
        KeyPath path;
        if (!key(path)) return false;
        if (in_.peek() != '=') {
            std::string name = shown(path);
            if (in_.at_line_end() || in_.peek() == '#')
                return in_.fail(path.front().place, "key '" + name + "' has no value",
                                "write it as " + name + " = value");
            return in_.fail(in_.place_here(), "a '=' is missing after key '" + name + "'",
                            in_.peek() == ':' ? "write '=' in place of ':'"
                                              : "write it as key = value; a key with blanks needs quotes");
        }
        in_.advance();
        in_.skip_blanks();
        if (in_.at_line_end() || in_.peek() == '#')
            return in_.fail(path.back().place, "key '" + shown(path) + "' has no value after its '='",
                            "write it as " + shown(path) + " = value");
        Node node;
        node.name = path.back().name;
        node.key = path.back().place;
        if (!value(node, depth)) return false;
        if (!table) return true;
        for (std::size_t i = 0; i + 1 < path.size(); ++i) {
            Node* next = table->find(path[i].name);
            if (!next) {
                if (!add(*table, make_table(path[i], Node::Origin::dotted), &next)) return false;
            } else if (next->kind != Node::Kind::table || next->origin != Node::Origin::dotted) {
                return fail_twice(path[i], *next, "key");
            }
            table = next;
        }
        if (const Node* first = table->find(node.name)) return fail_twice(path.back(), *first, "key");
        return add(*table, std::move(node));
    }

    bool header() {
        table_ = nullptr;
        Mark start = in_.mark();
        bool twice = in_.peek(1) == '[';
        in_.advance(twice ? 2 : 1);
        KeyPath path;
        if (!key(path)) return false;
        std::string_view close = twice ? "]]" : "]";
        if (!in_.starts_with(close))
            return in_.fail(
                in_.place_to_line_end(start), "this header is not closed with '" + std::string(close) + "'",
                "write it as " + std::string(twice ? "[[" : "[") + shown(path) + std::string(close));
        in_.advance(close.size());
        Place place = in_.place_since(start);
        Node* at = &out_.root;
        for (std::size_t i = 0; i + 1 < path.size(); ++i) {
            Node* next = at->find(path[i].name);
            if (!next && !add(*at, make_table(path[i], Node::Origin::implied), &next)) return false;
            if (next->kind == Node::Kind::list && next->origin == Node::Origin::header)
                next = &next->children.back();
            if (next->kind != Node::Kind::table || next->origin == Node::Origin::value)
                return fail_twice(path[i], *next, "key");
            at = next;
        }
        return twice ? open_element(*at, path.back(), place) : open_table(*at, path.back(), place);
    }

    bool open_table(Node& in, const KeyPart& part, const Place& place) {
        Node* table = in.find(part.name);
        if (!table) {
            if (!add(in, make_table(part, Node::Origin::header), &table)) return false;
        } else if (table->kind != Node::Kind::table || table->origin != Node::Origin::implied) {
            return fail_twice(part, *table, table->kind == Node::Kind::table ? "table" : "key");
        }
        table->origin = Node::Origin::header;
        table->key = part.place;
        table->place = place;
        table_ = table;
        return true;
    }

    bool open_element(Node& in, const KeyPart& part, const Place& place) {
        Node* list = in.find(part.name);
        if (!list) {
            Node made = make_table(part, Node::Origin::header);
            made.kind = Node::Kind::list;
            made.place = place;
            if (!add(in, std::move(made), &list)) return false;
        } else if (list->kind != Node::Kind::list || list->origin != Node::Origin::header) {
            return fail_twice(part, *list, list->kind == Node::Kind::table ? "table" : "key");
        }
        Node element = make_table({{}, place}, Node::Origin::header);
        return add(*list, std::move(element), &table_);
    }

    bool value(Node& into, int depth) {
        Mark start = in_.mark();
        if (depth >= TomlLimits::depth)
            return in_.fail(in_.place_here(), "lists and tables are nested too deeply",
                            "a spec needs four levels at most");
        bool ok;
        char c = in_.peek();
        if (c == '"' || c == '\'') {
            into.kind = Node::Kind::text;
            ok = in_.take_text(into.text);
        } else if (c == '[') {
            into.kind = Node::Kind::list;
            ok = list(into, depth);
        } else if (c == '{') {
            into.kind = Node::Kind::table;
            ok = braces(into, depth);
        } else {
            ok = in_.take_scalar(into);
        }
        into.place = in_.place_since(start);
        return ok;
    }

    // Whether a statement starts here, where only a value of a list may stand: "key =" or "[header]".
    bool at_statement() {
        Mark start = in_.mark();
        in_.skip_line();
        std::string_view line = in_.since(start);
        in_.go_back_to(start);
        bool header = line.starts_with('[');
        while (line.starts_with('['))
            line.remove_prefix(1);
        std::size_t length = 0;
        auto is_key = [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; };
        while (length < line.size() && is_key(line[length]))
            ++length;
        std::string_view word = line.substr(0, length), after = trim(line.substr(length));
        if (!header) return !word.empty() && after.starts_with('=');
        bool is_value = word == "true" || word == "false" || word == "inf" || word == "nan";
        return !word.empty() && !is_digit(word[0]) && word[0] != '-' && word[0] != '.' && !is_value &&
               after.starts_with(']');
    }

    bool list(Node& into, int depth) {
        Mark start = in_.mark();
        auto open = [&] {
            open_ = Open::list;
            return in_.fail(in_.place_to_line_end(start), "this list is not closed", "end it with ']'");
        };
        in_.advance();
        for (bool first = true;; first = false) {
            in_.skip_space();
            if (in_.at_end() || (in_.mark().line != start.line && at_statement())) return open();
            if (in_.peek() == ']') break;
            if (!first) {
                if (in_.peek() != ',')
                    return in_.fail(in_.place_here(), "a ',' or ']' is missing before this",
                                    "put a ',' between two values of a list");
                in_.advance();
                in_.skip_space();
                if (in_.at_end() || (in_.mark().line != start.line && at_statement())) return open();
                if (in_.peek() == ']') break; // after the last ','
            }
            Node element;
            Mark where = in_.mark();
            if (!value(element, depth + 1)) return false;
            element.key = in_.place_since(where);
            if (!add(into, std::move(element))) return false;
        }
        in_.advance();
        return true;
    }

    bool braces(Node& into, int depth) {
        Mark start = in_.mark();
        into.origin = Node::Origin::dotted; // until it is closed, so that a.b and a.c may stand in it
        in_.advance();
        in_.skip_blanks();
        for (bool first = true; in_.peek() != '}'; first = false) {
            if (!first) {
                if (in_.peek() == ',') {
                    in_.advance();
                    in_.skip_blanks();
                    if (in_.peek() == '}')
                        return in_.fail(in_.place_here(), "a table in braces may not end with a ','",
                                        "remove the ',' before '}'");
                } else if (!in_.at_line_end() && in_.peek() != '#') {
                    return in_.fail(in_.place_here(), "a ',' or '}' is missing before this",
                                    "put a ',' between two keys of a table in braces");
                }
            }
            if (in_.at_line_end() || in_.peek() == '#') {
                open_ = Open::braces;
                in_.go_back_to(start);
                return in_.fail(in_.place_to_line_end(start), "a table in braces must be closed on its line",
                                "end it with '}', or write it as a [table] with one key a line");
            }
            if (!pair(&into, depth + 1)) return false;
            in_.skip_blanks();
        }
        in_.advance();
        close(into);
        return true;
    }

    // Nothing can be added to a table in braces once it is closed.
    static void close(Node& table) {
        table.origin = Node::Origin::value;
        for (Node& child : table.children)
            if (child.kind == Node::Kind::table) close(child);
    }
};

} // namespace

const Node* Node::find(std::string_view child) const {
    for (const Node& each : children)
        if (each.name == child) return &each;
    return nullptr;
}

Node* Node::find(std::string_view child) {
    return const_cast<Node*>(std::as_const(*this).find(child));
}

std::string_view kind_with_article(Node::Kind kind) {
    switch (kind) {
    case Node::Kind::text:
        return "a string";
    case Node::Kind::integer:
        return "an integer";
    case Node::Kind::real:
        return "a number with a fraction";
    case Node::Kind::boolean:
        return "a boolean";
    case Node::Kind::date:
        return "a date";
    case Node::Kind::list:
        return "a list";
    case Node::Kind::table:
        return "a table";
    }
    return "a value";
}

TomlFile parse_toml(const SourceFile& file) {
    return Parser(file).parse();
}

} // namespace unitgate

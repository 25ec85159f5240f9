// SPDX-License-Identifier: MIT
// The table of events against itself, the catalog and the man page.
#include "catch.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "report/events.hpp"

using namespace unitgate;

namespace {

struct Entry {
    std::map<std::string, std::string> headers;
    std::string body;
};

std::map<std::string, Entry> read_catalog() {
    std::string text = read_file(SOURCE_ROOT "/catalog/unitgate.catalog").value();
    std::map<std::string, Entry> entries;
    Entry* entry = nullptr;
    bool in_headers = false;
    for (std::string_view line : split(text, '\n')) {
        if (line.starts_with("# ")) continue;
        if (line.starts_with("-- ")) {
            std::string id(line.substr(3));
            REQUIRE(entries.count(id) == 0);
            entry = &entries[id];
            in_headers = true;
        } else if (entry && in_headers && !line.empty()) {
            auto colon = line.find(": ");
            REQUIRE(colon != std::string_view::npos);
            entry->headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
        } else if (entry) {
            in_headers = false;
            entry->body += std::string(line) + '\n';
        }
    }
    return entries;
}

// Every @FIELD@ of a text.
std::set<std::string> placeholders(std::string_view text) {
    std::set<std::string> names;
    for (std::size_t at; (at = text.find('@')) != std::string_view::npos;) {
        text.remove_prefix(at + 1);
        std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        if (end == std::string_view::npos || end == 0 || text[end] != '@') continue;
        names.insert(std::string(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return names;
}

Occurrence everything(EventKind kind) {
    Occurrence what;
    what.kind = kind;
    what.name = "proxy";
    what.app = "traefik";
    what.version = "5.1.1";
    what.failed_version = "5.1.2";
    what.reason = Reason::unhealthy_on_latest;
    what.probe = "api";
    what.cause = "status";
    what.target = "https://traefik.ci.example.net/api/version";
    what.tries = 12;
    what.elapsed = std::chrono::seconds(40);
    what.detail = "502 Bad Gateway";
    what.path = "/var/lib/unitgate/alerts/x.json";
    what.alert = "{}";
    what.object_unit = "deploy-proxy.service";
    return what;
}

} // namespace

TEST_CASE("every event has one row, in the order of the enum, with an id and a word of its own") {
    std::set<std::string_view> ids, words;
    int expected = 0;
    for (const EventRow& row : event_table()) {
        INFO(row.word);
        CHECK(static_cast<int>(row.kind) == expected++);
        CHECK(&event_row(row.kind) == &row);
        CHECK(row.id.size() == 32);
        CHECK(row.id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
        CHECK(ids.insert(row.id).second);
        CHECK(words.insert(row.word).second);
        CHECK((row.priority >= 2 && row.priority <= 6));
        CHECK(row.carries(EventField::name));
        CHECK(row.carries(EventField::app));
    }
    CHECK(static_cast<int>(EventKind::state_not_written) == expected - 1); // the last of the enum
}

TEST_CASE("the text of every event is whole with all parts and with none, and has no template left in it") {
    for (const EventRow& row : event_table()) {
        INFO(row.word);
        Occurrence bare;
        bare.kind = row.kind;
        bare.name = "proxy";
        for (const auto& text : {event_text(everything(row.kind)), event_text(bare)}) {
            INFO(text);
            CHECK(text.find_first_of("{}[]") == std::string::npos);
            CHECK_FALSE(text.ends_with(": "));
        }
        // Every placeholder is a part that exists: with all of them there, no optional group is left out.
        std::size_t groups = std::count(row.text.begin(), row.text.end(), '[');
        CHECK(groups == static_cast<std::size_t>(std::count(row.text.begin(), row.text.end(), ']')));
        for (std::string_view word : {"name", "app", "version", "failed_version", "reason", "probe", "cause",
                                      "target", "tries", "elapsed", "detail", "path", "unit"}) {
            std::string part = "{" + std::string(word) + "}";
            if (row.text.find(part) != std::string_view::npos)
                CHECK(event_text(everything(row.kind)) != event_text([&] {
                          Occurrence what = everything(row.kind);
                          if (word == "version")
                              what.version.clear();
                          else if (word == "failed_version")
                              what.failed_version.clear();
                          else if (word == "reason")
                              what.reason.reset();
                          else if (word == "probe")
                              what.probe.clear();
                          else if (word == "cause")
                              what.cause.clear();
                          else if (word == "target")
                              what.target.clear();
                          else if (word == "tries")
                              what.tries = 0;
                          else if (word == "elapsed")
                              what.elapsed.reset();
                          else if (word == "detail")
                              what.detail.clear();
                          else if (word == "path")
                              what.path.clear();
                          else if (word == "unit")
                              what.object_unit.clear();
                          else
                              what.name = what.app = "other";
                          return what;
                      }()));
        }
    }
}

TEST_CASE("an entry carries the fields of its row and no others, and none that is unknown") {
    for (const EventRow& row : event_table()) {
        INFO(row.word);
        JournalFields all = event_fields(everything(row.kind));
        std::set<std::string> names;
        for (const auto& field : all) {
            CHECK_FALSE(field.value.empty());
            CHECK(names.insert(field.name).second);
        }
        std::set<std::string> expected{"MESSAGE", "MESSAGE_ID", "PRIORITY"};
        for (EventField field : all_event_fields())
            if (row.carries(field)) expected.insert(std::string(field_name(field)));
        CHECK(names == expected);
    }
    Occurrence bare;
    bare.kind = EventKind::gate_failed;
    bare.name = "proxy";
    bare.app = "traefik";
    CHECK(event_fields(bare).size() == 5);
}

TEST_CASE("a gate that failed is told with probe, cause, tries and time") {
    Occurrence what = everything(EventKind::gate_failed);
    CHECK(event_text(what) == "gate of traefik 5.1.1 failed after 40s, 12 tries, probe 'api': status from "
                              "https://traefik.ci.example.net/api/version: 502 Bad Gateway");
    std::map<std::string, std::string> fields;
    for (const auto& field : event_fields(what))
        fields[field.name] = field.value;
    CHECK(fields["MESSAGE_ID"] == "75f967c6b9cd4d04bbab38de4197c718");
    CHECK(fields["PRIORITY"] == "3");
    CHECK(fields["UNITGATE_NAME"] == "proxy");
    CHECK(fields["UNITGATE_APP"] == "traefik");
    CHECK(fields["UNITGATE_VERSION"] == "5.1.1");
    CHECK(fields["UNITGATE_REASON"] == "unhealthy-on-latest");
    CHECK(fields["UNITGATE_PROBE"] == "api");
    CHECK(fields["UNITGATE_CAUSE"] == "status");
    CHECK(fields["UNITGATE_TRIES"] == "12");
    CHECK(fields["UNITGATE_ELAPSED_USEC"] == "40000000");
    CHECK(fields.count("OBJECT_SYSTEMD_UNIT") == 0);
    what.version.clear();
    what.tries = 1;
    what.target.clear();
    what.detail.clear();
    CHECK(event_text(what) == "gate of traefik failed after 40s, 1 try, probe 'api': status");
}

TEST_CASE("control bytes of a detail do not reach the journal") {
    Occurrence what = everything(EventKind::deploy_failed);
    what.detail = "evil\x1b[31m\nFAKE";
    CHECK(event_text(what) == "deploying traefik 5.1.1 failed after 40s: evil\\x1b[31m\\nFAKE");
}

TEST_CASE("the catalog has an entry for each event and no other, with all headers and known fields") {
    auto entries = read_catalog();
    CHECK(entries.size() == event_table().size());
    for (const EventRow& row : event_table()) {
        INFO(row.word);
        REQUIRE(entries.count(std::string(row.id)) == 1);
        const Entry& entry = entries[std::string(row.id)];
        for (auto header : {"Subject", "Defined-By", "Documentation"}) {
            INFO(header);
            CHECK(entry.headers.count(header) == 1);
        }
        CHECK(entry.headers.size() == 3);
        CHECK(trim(entry.body).size() > 80);
        std::set<std::string> carried;
        for (EventField field : all_event_fields())
            if (row.carries(field)) carried.insert(std::string(field_name(field)));
        std::string whole = entry.headers.at("Subject") + '\n' + entry.body;
        for (const auto& name : placeholders(whole)) {
            INFO(name);
            CHECK(carried.count(name) == 1);
        }
        for (std::string_view line : split(entry.body, '\n'))
            CHECK(line.size() <= 80);
    }
}

TEST_CASE("the catalog sends nobody to a verb or a man page that does not exist") {
    for (const auto& [id, entry] : read_catalog()) {
        INFO(id);
        for (std::string_view page : split(entry.headers.at("Documentation"), ' ')) {
            std::string name(page.substr(4, page.size() - 7));
            std::string section(page.substr(page.size() - 2, 1));
            INFO(page);
            CHECK(read_file(SOURCE_ROOT "/man/" + name + "." + section).has_value());
        }
        // unitgate(1) has the verbs; another test holds it against the table of verbs.
        std::string manual = read_file(SOURCE_ROOT "/man/unitgate.1").value();
        std::string_view rest = entry.body;
        for (std::size_t at; (at = rest.find("'unitgate ")) != std::string_view::npos;) {
            rest.remove_prefix(at + 10);
            std::string verb(rest.substr(0, rest.find_first_of(" '\n")));
            INFO(verb);
            CHECK(manual.find("\n.It Cm " + verb + " ") != std::string::npos);
        }
    }
}

TEST_CASE("whoever reads in the catalog that a version is held reads there how to have it tried again") {
    auto entries = read_catalog();
    for (auto kind : {EventKind::held_skipped, EventKind::rolled_back, EventKind::deploy_failed}) {
        const EventRow& row = event_row(kind);
        INFO(row.word);
        CHECK(entries.at(std::string(row.id)).body.find("'unitgate release @UNITGATE_NAME@'") !=
              std::string::npos);
    }
}

TEST_CASE("unitgate-run(8) lists each event with its id and each field") {
    std::string page = read_file(SOURCE_ROOT "/man/unitgate-run.8").value();
    std::size_t begin = page.find(".Sh EVENTS");
    REQUIRE(begin != std::string::npos);
    std::string section = page.substr(begin, page.find("\n.Sh ", begin + 1) - begin);
    std::size_t listed = 0;
    for (std::string_view line : split(section, '\n'))
        listed += line.starts_with(".It ");
    CHECK(listed == event_table().size());
    for (const EventRow& row : event_table()) {
        INFO(row.word);
        CHECK(section.find(".It Cm " + std::string(row.word) + " Li " + std::string(row.id) + "\n") !=
              std::string::npos);
    }
    for (EventField field : all_event_fields()) {
        INFO(field_name(field));
        CHECK(section.find(std::string(field_name(field)) + "=") != std::string::npos);
    }
}

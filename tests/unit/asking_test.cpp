// SPDX-License-Identifier: MIT
// Which units are asked for by name, held against what it is for: nothing starts before what it waits for has
// a job.
#include "catch.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "systemd/asking.hpp"
#include "systemd/jobs.hpp"

using namespace unitgate;

namespace {

std::string unit(std::size_t i) {
    return "u" + std::to_string(i) + ".service";
}

// `requires_` by row: indices that may be later ones too.
std::vector<JobRow> rows_of(const std::vector<std::vector<std::size_t>>& requires_) {
    std::vector<JobRow> rows(requires_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].wish.unit = unit(i);
        rows[i].progress = Progress::asking;
        for (std::size_t other : requires_[i])
            rows[i].wish.pulls_in.push_back(unit(other));
    }
    return rows;
}

std::vector<std::size_t> by_name(const std::vector<JobRow>& rows) {
    std::vector<std::size_t> named;
    for (const AskedFor& one : who_to_ask(rows))
        if (one.carrier == nobody) named.push_back(one.row);
    return named;
}

// What the manager makes of a call for `i`: jobs for it and for all that it requires.
void start(const std::vector<std::vector<std::size_t>>& requires_, std::size_t i,
           std::set<std::size_t>& jobs) {
    if (!jobs.insert(i).second) return;
    for (std::size_t other : requires_[i])
        start(requires_, other, jobs);
}

} // namespace

TEST_CASE("of a chain only the last unit is asked for by name") {
    std::vector<std::vector<std::size_t>> chain(100);
    for (std::size_t i = 1; i < chain.size(); ++i)
        chain[i] = {i - 1};
    CHECK(by_name(rows_of(chain)) == std::vector<std::size_t>{99});
}

TEST_CASE("units that require nothing of each other are all asked for") {
    CHECK(by_name(rows_of({{}, {}, {}})) == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("what stands before a unit has its job before it, though another one would bring it later") {
    // 1 waits for 0 and does not require it; 2 requires 0.
    CHECK(by_name(rows_of({{}, {}, {0}})) == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("of units that require one another one is asked for by name") {
    CHECK(by_name(rows_of({{1}, {0}})) == std::vector<std::size_t>{1});
}

TEST_CASE("what is up, is stopped or reloaded, or has a job already brings and is brought nothing") {
    auto rows = rows_of({{}, {0}, {1}});
    SECTION("up") {
        rows[1].progress = Progress::left_alone;
        CHECK(by_name(rows) == std::vector<std::size_t>{0, 2});
    }
    SECTION("a job of its own") {
        rows[1].state.job = 4;
        CHECK(by_name(rows) == std::vector<std::size_t>{0, 1, 2});
    }
    SECTION("stopped") {
        for (auto& row : rows)
            row.wish.kind = JobKind::stop;
        CHECK(by_name(rows) == std::vector<std::size_t>{0, 1, 2});
    }
    SECTION("alone") {
        rows[2].wish.mode = JobMode::alone;
        CHECK(by_name(rows) == std::vector<std::size_t>{1, 2});
    }
}

TEST_CASE("each unit has one job at the end, and every unit before it in the list has one by then") {
    std::mt19937 dice(7);
    for (int round = 0; round < 2000; ++round) {
        std::size_t count = 1 + dice() % 9;
        std::vector<std::vector<std::size_t>> requires_(count);
        bool rings = round % 4 == 0;
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t other = 0; other < (rings ? count : i); ++other)
                if (other != i && dice() % 4 == 0) requires_[i].push_back(other);
        const auto rows = rows_of(requires_);
        std::set<std::size_t> jobs, told;
        for (const AskedFor& one : who_to_ask(rows)) {
            CHECK(told.insert(one.row).second);
            if (one.carrier != nobody) {
                CHECK(jobs.contains(one.row)); // that call did bring its job
                continue;
            }
            start(requires_, one.row, jobs);
            for (std::size_t before = 0; before < one.row; ++before)
                CHECK(jobs.contains(before));
        }
        CHECK(told.size() == count);
        CHECK(jobs.size() == count);
    }
}

// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <fstream>

#include "report/alert.hpp"
#include "report/alert_box.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

struct Folder {
    test::TemporaryFolder folder;
    std::string path = folder.path();
    void alert(const std::string& app, const std::string& ts) {
        Alert one;
        one.app = app;
        one.reason = Reason::unhealthy_on_latest;
        one.ts = ts;
        one.version = "2";
        one.invocation_id = std::string(32, 'a');
        REQUIRE(write_alert(path, one));
    }
};

} // namespace

TEST_CASE("alerts are listed oldest first, and a file that is none is told of") {
    Folder folder;
    CHECK(read_alerts(folder.path, true)->alerts.empty());
    folder.alert("b", "20260102T000000Z");
    folder.alert("a", "20260101T000000Z");
    std::ofstream(folder.path + "/alerts/20260103T000000Z-x-y.json") << "{";
    std::ofstream(folder.path + "/alerts/20260104T000000Z-x-y.json") << "[]";
    auto box = read_alerts(folder.path, false);
    REQUIRE(box);
    REQUIRE(box->alerts.size() == 2);
    CHECK(box->alerts[0].text("app") == "a");
    CHECK(box->unreadable.size() == 2);
}

TEST_CASE("an alert is found by the beginning of its name, and not when several fit") {
    Folder folder;
    folder.alert("a", "20260101T000000Z");
    folder.alert("b", "20260102T000000Z");
    CHECK(find_alert(folder.path, "20260101", false)->text("app") == "a");
    CHECK(find_alert(folder.path, "2026", false).error().message.find("fits 2 alerts") != std::string::npos);
    CHECK_FALSE(find_alert(folder.path, "x", false));
    CHECK_FALSE(find_alert(folder.path, "", false));
}

TEST_CASE(
    "an alert is recovered once its app passed in a later second, or later than its file in the same one") {
    StoredAlert alert;
    alert.json = Json::object().set("app", "a").set("ts", "20260613T054428Z");
    auto second = std::chrono::sys_days(std::chrono::year(2026) / 6 / 13) + std::chrono::seconds(20668);
    REQUIRE(format_timestamp(second) == "20260613T054428Z");
    auto recovered = [&](const std::string& at) {
        return recovered_at(alert, {{{"a", at}}, {}}).has_value();
    };
    CHECK_FALSE(recovered_at(alert, {{{"b", "2026-06-13T06:00:00.000000Z"}}, {}}));
    CHECK(recovered("2026-06-13T05:44:29.000000Z"));
    CHECK_FALSE(recovered("2026-06-13T05:44:27.999999Z"));
    alert.written = second + std::chrono::microseconds(500);
    CHECK(recovered("2026-06-13T05:44:28.000501Z"));
    CHECK_FALSE(recovered("2026-06-13T05:44:28.000500Z"));
    // The kernel's clock for files is up to a tick behind the one that names the alert.
    alert.written = second - std::chrono::milliseconds(4);
    CHECK(recovered("2026-06-13T05:44:28.000501Z"));
    alert.written = second - std::chrono::milliseconds(500);
    CHECK_FALSE(recovered("2026-06-13T05:44:28.999999Z"));
    alert.written = second + std::chrono::hours(1); // copied later: its file's time tells nothing
    CHECK_FALSE(recovered("2026-06-13T05:44:28.999999Z"));
    CHECK_FALSE(recovered("yesterday"));
    CHECK_FALSE(recovered(""));
    alert.json.set("ts", "long ago");
    CHECK_FALSE(recovered("2026-06-13T05:44:29.000000Z"));
}

TEST_CASE("a cleared alert is kept with who, when and why, and can't be cleared twice") {
    Folder folder;
    folder.alert("a", "20260101T000000Z");
    auto alert = find_alert(folder.path, "2026", false);
    REQUIRE(alert);
    REQUIRE(clear_alert(folder.path, *alert, "ops", "2026-01-02T00:00:00Z", "false alarm"));
    CHECK(read_alerts(folder.path, false)->alerts.empty());
    auto kept = find_alert(folder.path, "2026", true);
    REQUIRE(kept);
    CHECK(kept->cleared);
    CHECK(kept->json.get("cleared").dump() ==
          R"({"by":"ops","at":"2026-01-02T00:00:00Z","note":"false alarm"})");
    CHECK(kept->text("app") == "a");
    CHECK(count_alerts_of(folder.path, std::string(32, 'a')).value() == 1);
    CHECK_FALSE(clear_alert(folder.path, *kept, "ops", "", ""));
}

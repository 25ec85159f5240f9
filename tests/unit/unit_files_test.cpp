// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "image.hpp"
#include "plan/waits.hpp"
#include "systemd/offline_graph.hpp"
#include "systemd/unit_file.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using unitgate::test::Image;

namespace {

std::string words(const std::vector<UnitSetting>& settings) {
    std::string out;
    for (const auto& each : settings)
        out += (out.empty() ? "" : " ") + each.value;
    return out;
}

} // namespace

TEST_CASE("names of units are apart by blanks and tabs") {
    Image image;
    image.write("etc/systemd/system/a.service", "[Unit]\nAfter=x.service\t y.service\tz.service\n");
    CHECK(words(image.files().load("a.service")->all(UnitKey::after)) == "x.service y.service z.service");
}

TEST_CASE("a unit file is read with continuations, comments, resets and places") {
    Image image;
    image.write("etc/systemd/system/a.service",
                "# top\n[Unit]\nAfter=x.service \\\n  ; between\n  y.service\nAfter=z.service\n"
                "Wants=gone.service\nWants=\n[Service]\nTimeoutStartSec=5\nTimeoutStartSec=7s\n");
    auto unit = image.files().load("a.service");
    REQUIRE(unit);
    CHECK(words(unit->all(UnitKey::after)) == "x.service y.service z.service");
    CHECK(unit->all(UnitKey::after)[2].line == 6);
    CHECK(unit->all(UnitKey::after)[0].line == 3);
    CHECK(unit->all(UnitKey::wants).empty());
    CHECK(unit->last(UnitKey::start_timeout) == "7s");
    CHECK_FALSE(image.files().load("b.service"));
}

TEST_CASE("a unit has the sections [Unit] and that of its type, no other") {
    Image image;
    const std::string said = "Slice=x.slice\nType=x\nUnit=x.service\nService=x.service\n";
    for (const char* type : {"service", "socket", "timer", "path", "mount"})
        image.write(std::string("etc/systemd/system/a.") + type,
                    "[Unit]\nAfter=b.service\n[Service]\n" + said + "TimeoutSec=7s\n[Socket]\n" + said +
                        "[Timer]\n" + said + "[Path]\n" + said + "[Mount]\n" + said);
    UnitFiles files = image.files();
    auto words_of = [&](const char* name, UnitKey key) { return words(files.load(name)->all(key)); };
    for (const char* name : {"a.service", "a.socket", "a.timer", "a.path", "a.mount"}) {
        INFO(name);
        std::string type(name + 2);
        CHECK(words_of(name, UnitKey::after) == "b.service");
        CHECK(words_of(name, UnitKey::start_timeout) == (type == "service" ? "7s" : ""));
        CHECK(words_of(name, UnitKey::type) == (type == "service" || type == "mount" ? "x" : ""));
        CHECK(words_of(name, UnitKey::slice) ==
              (type == "service" || type == "socket" || type == "mount" ? "x.slice" : ""));
        CHECK(words_of(name, UnitKey::triggers) ==
              (type == "socket" || type == "timer" || type == "path" ? "x.service" : ""));
    }
}

TEST_CASE("a section without a name is none, also of a unit whose name ends in a dot") {
    Image image;
    image.write("etc/systemd/system/x..d/a.conf", "[]\nAfter=a.service\n[Unit]\nAfter=b.service\n");
    CHECK(words(image.files().load("x.")->all(UnitKey::after)) == "b.service");
}

TEST_CASE("the first folder of the load path wins, masks and aliases count") {
    Image image;
    image.write("usr/lib/systemd/system/a.service", "[Unit]\nAfter=vendor.service\n");
    image.write("etc/systemd/system/a.service", "[Unit]\nAfter=admin.service\n");
    image.write("usr/lib/systemd/system/m.service", "[Unit]\n");
    image.link("etc/systemd/system/m.service", "/dev/null");
    image.write("usr/lib/systemd/system/e.service", "[Unit]\n");
    image.write("etc/systemd/system/e.service", "");
    image.write("usr/lib/systemd/system/graphical.target", "[Unit]\n");
    image.link("etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target");
    auto files = image.files();
    CHECK(words(files.load("a.service")->all(UnitKey::after)) == "admin.service");
    CHECK(files.load("m.service")->masked);
    CHECK(files.load("e.service")->masked);
    CHECK(files.load("e.service", false)->masked);
    CHECK(files.load("default.target")->name == "graphical.target");
}

TEST_CASE("drop-ins apply in order of their names, the most specific and most important of a name wins") {
    Image image;
    image.write("usr/lib/systemd/system/a-b@.service",
                "[Unit]\nAfter=base.service\n[Service]\nWorkingDirectory=%i of %p\n");
    image.write("usr/lib/systemd/system/a-b@.service.d/20.conf", "[Unit]\nAfter=vendor20.service\n");
    image.write("etc/systemd/system/a-b@.service.d/20.conf", "[Unit]\nAfter=admin20.service\n");
    image.write("etc/systemd/system/a-b@c.service.d/10.conf", "[Unit]\nAfter=c-%i.service\n");
    image.write("etc/systemd/system/a-.service.d/10.conf", "[Unit]\nAfter=hidden.service\n");
    image.write("etc/systemd/system/service.d/30.conf", "[Unit]\nAfter=all.service\n");
    auto unit = image.files().load("a-b@c.service");
    REQUIRE(unit);
    CHECK(words(unit->all(UnitKey::after)) == "base.service c-c.service admin20.service all.service");
    CHECK(unit->last(UnitKey::working_directory) == "c of a-b");
}

TEST_CASE("a link of an image is followed inside the image") {
    Image image;
    image.write("opt/app/app.service", "[Unit]\nAfter=own.service\n");
    image.link("etc/systemd/system/app.service", "/opt/app/app.service");
    image.link("etc/systemd/system/up.service", "../../../../../../../opt/app/up.service");
    image.write("opt/app/up.service", "[Unit]\nAfter=own.service\n");
    test::TemporaryFolder host;
    std::ofstream(host / "host.service") << "[Unit]\nAfter=hosts.service\n";
    image.link("etc/systemd/system/host.service", host / "host.service");
    CHECK(words(image.files().load("app.service")->all(UnitKey::after)) == "own.service");
    CHECK(words(image.files().load("up.service")->all(UnitKey::after)) == "own.service");
    CHECK(image.files().load("host.service")->all(UnitKey::after).empty());
}

TEST_CASE("wants and requires folders pull units in") {
    Image image;
    image.write("usr/lib/systemd/system/t.target", "[Unit]\nWants=own.service\n");
    image.link("etc/systemd/system/t.target.wants/a.service", "../a.service");
    image.link("etc/systemd/system/t.target.requires/b@x.service", "/usr/lib/systemd/system/b@.service");
    auto unit = image.files().load("t.target");
    CHECK(words(unit->all(UnitKey::wants)) == "own.service a.service");
    CHECK(words(unit->all(UnitKey::requires_)) == "b@x.service");
}

TEST_CASE("the offline graph follows targets, Before= and units without specs") {
    Image image;
    image.write("usr/lib/systemd/system/deploy.target", "[Unit]\nWants=apps-early.target\n");
    image.write("etc/systemd/system/vault.service", "[Unit]\nAfter=apps-early.target\n");
    image.write("etc/systemd/system/apps-early.target", "[Unit]\nRequires=deploy-proxy.service\n");
    Spec proxy, site;
    proxy.name = "proxy";
    proxy.unit.name = "deploy-proxy.service";
    proxy.unit.wanted_by = {{"deploy.target", {}}};
    HttpProbe probe;
    probe.url = "https://ci.example.net/";
    proxy.gate.probes = {{"probe-1", {}, probe}};
    site.name = "site";
    site.unit.name = "deploy-site.service";
    site.unit.wanted_by = {{"deploy.target", {}}};
    site.unit.wants = {{"vault.service", {}}};
    site.unit.after = {{"vault.service", {}}};
    site.serves = {{"https://ci.example.net/", {}}};
    std::vector<Spec> specs = {proxy, site};
    Graph graph = read_offline_graph(image.files(), specs);
    auto found = find_deadlocks(
        graph, start_jobs(graph, {*graph.find("deploy.target"), *graph.find("apps-early.target")}));
    REQUIRE(found.size() == 1);
    std::string chain = graph[found[0].unit].name;
    for (const auto& wait : found[0].chain)
        chain += " > " + graph[wait.awaited].name;
    CHECK(chain == "deploy-proxy.service > deploy-site.service > vault.service > apps-early.target > "
                   "deploy-proxy.service");
}

TEST_CASE("an alias and its unit are one in the graph") {
    Image image;
    image.write("usr/lib/systemd/system/graphical.target", "[Unit]\nWants=a.service\n");
    image.link("etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target");
    image.write("usr/lib/systemd/system/a.service", "[Unit]\nAfter=bus.service\n");
    image.write("usr/lib/systemd/system/broker.service", "[Unit]\n");
    image.link("etc/systemd/system/bus.service", "/usr/lib/systemd/system/broker.service");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(*graph.find("default.target") == *graph.find("graphical.target"));
    CHECK(graph.has(*graph.find("a.service"), Relation::after, *graph.find("broker.service")));
    CHECK(start_jobs(graph, {*graph.find("default.target")})[*graph.find("a.service")]);
}

namespace {

// Whether a is ordered after b, straight away.
bool is_after(const Graph& graph, const char* a, const char* b) {
    const UnitId *from = graph.find(a), *to = graph.find(b);
    return from && to && graph.has(*from, Relation::after, *to);
}

// A boot starts these: what nothing starts is not read.
void boot(Image& image, const std::string& names) {
    image.write("usr/lib/systemd/system/default.target", "[Unit]\nWants=" + names + "\n");
}

} // namespace

TEST_CASE("the offline graph has what can get a start job: by the boot, by deploy.target, by a spec") {
    Image image;
    boot(image, "a.service");
    image.write("etc/systemd/system/a.service", "[Unit]\nBindsTo=b.service\nRequisite=no.service\n");
    image.write("etc/systemd/system/b.service", "[Unit]\nAfter=x.service\n");
    image.write("etc/systemd/system/deploy.target", "[Unit]\nRequires=c.service\n");
    image.write("etc/systemd/system/c.service", "[Unit]\nAfter=x.service\n");
    image.write("etc/systemd/system/d.service", "[Unit]\nAfter=x.service\n");
    image.link("etc/systemd/system/deploy-s.service.wants/d.service", "../d.service");
    image.write("etc/systemd/system/named.service", "[Unit]\nAfter=x.service\n");
    image.write("etc/systemd/system/no.service", "[Unit]\nAfter=x.service\n");
    image.write("etc/systemd/system/idle.service", "[Unit]\nBefore=a.service\nAfter=x.service\n");
    std::vector<Spec> specs(1);
    specs[0].unit.name = "deploy-s.service";
    specs[0].unit.after = {{"named.service", {}}};
    Graph graph = read_offline_graph(image.files(), specs);
    for (const char* name : {"b.service", "c.service", "d.service", "named.service"}) {
        INFO(name);
        CHECK(is_after(graph, name, "x.service"));
    }
    CHECK_FALSE(is_after(graph, "no.service", "x.service"));
    CHECK_FALSE(graph.find("idle.service"));
}

TEST_CASE(
    "what a boot's sockets and timers start later is read too, and without a boot what pulls anything in") {
    Image image;
    boot(image, "a.socket b.timer");
    image.write("etc/systemd/system/a.socket", "[Socket]\nListenStream=1\n");
    image.write("etc/systemd/system/a.service", "[Unit]\nAfter=x.service\n");
    image.write("etc/systemd/system/b.timer", "[Timer]\nUnit=other.service\n");
    image.write("etc/systemd/system/other.service", "[Unit]\nAfter=x.service\n");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(is_after(graph, "a.service", "x.service"));
    CHECK(is_after(graph, "other.service", "x.service"));
    Image overlay;
    overlay.link("etc/systemd/system/multi-user.target.wants/c.service", "../c.service");
    overlay.write("etc/systemd/system/c.service", "[Unit]\nAfter=x.service\n");
    graph = read_offline_graph(overlay.files(), {});
    CHECK(is_after(graph, "c.service", "x.service"));
}

TEST_CASE("a link to nothing is no other name of a unit") {
    Image image;
    image.link("etc/systemd/system/deploy-a.service", "/usr/lib/systemd/system/gone.service");
    image.link("etc/systemd/system/al.service", "/run/systemd/generator.late/deploy-b.service");
    std::vector<Spec> specs(2);
    specs[0].unit.name = "deploy-a.service";
    specs[1].unit.name = "deploy-b.service"; // to be generated
    Graph graph = read_offline_graph(image.files(), specs);
    CHECK(graph[*graph.find("deploy-a.service")].name == "deploy-a.service");
    CHECK(graph[*graph.find("al.service")].name == "deploy-b.service");
}

TEST_CASE("drop-ins hold for a deploy unit that is yet to be generated") {
    Image image;
    image.write("etc/systemd/system/deploy-.service.d/1.conf",
                "[Unit]\nAfter=vault.service deploy-a.service\n");
    std::vector<Spec> specs(1);
    specs[0].unit.name = "deploy-a.service";
    Graph graph = read_offline_graph(image.files(), specs);
    CHECK(is_after(graph, "deploy-a.service", "vault.service"));
    CHECK_FALSE(is_after(graph, "deploy-a.service", "deploy-a.service")); // systemd drops it
}

TEST_CASE("what is pulled in or said by one name of a unit is the unit's") {
    Image image;
    image.write("usr/lib/systemd/system/graphical.target", "[Unit]\n");
    image.link("etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target");
    image.link("etc/systemd/system/default.target.wants/a.service", "../a.service");
    image.write("etc/systemd/system/default.target.d/1.conf", "[Unit]\nAfter=early.target\n");
    image.write("etc/systemd/system/a.service", "[Unit]\n");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(start_jobs(graph, {*graph.find("default.target")})[*graph.find("a.service")]);
    CHECK(is_after(graph, "graphical.target", "early.target"));
}

TEST_CASE("what a socket, a timer and a path trigger starts after them") {
    Image image;
    boot(image, "a.socket b.timer c.path d.socket e.service");
    image.write("etc/systemd/system/a.socket", "[Socket]\nListenStream=1\n");
    image.write("etc/systemd/system/b.timer", "[Timer]\nUnit=other.service\n");
    image.write("etc/systemd/system/c.path", "[Path]\nPathExists=/x\n");
    image.write("etc/systemd/system/d.socket", "[Socket]\nAccept=yes\nListenStream=2\n");
    image.write("etc/systemd/system/e.service", "[Service]\nSockets=d.socket\n");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(is_after(graph, "a.service", "a.socket"));
    CHECK(is_after(graph, "other.service", "b.timer"));
    CHECK(is_after(graph, "c.service", "c.path"));
    CHECK_FALSE(is_after(graph, "d.service", "d.socket"));
    CHECK(is_after(graph, "e.service", "d.socket"));
}

TEST_CASE("a boolean of a unit file is read in every way in which systemd lets it be written") {
    for (std::string yes : {"yes", "y", "TRUE", "t", "On", "1"}) {
        INFO(yes);
        Image image;
        boot(image, "d.socket");
        image.write("etc/systemd/system/d.socket", "[Socket]\nListenStream=2\nAccept=" + yes + "\n");
        CHECK_FALSE(is_after(read_offline_graph(image.files(), {}), "d.service", "d.socket"));
    }
    for (std::string no : {"no", "n", "False", "f", "OFF", "0"}) {
        INFO(no);
        Image image;
        boot(image, "a.service");
        image.write("etc/systemd/system/a.service", "[Unit]\nDefaultDependencies=" + no + "\n");
        CHECK_FALSE(is_after(read_offline_graph(image.files(), {}), "a.service", "basic.target"));
    }
}

TEST_CASE("a unit starts after the mounts that it needs, whatever their names escape") {
    Image image;
    boot(image, "a.service b.service c.service");
    image.write("etc/systemd/system/srv-my\\x2ddata.mount", "[Mount]\nWhat=server:/x\nType=nfs\n");
    image.write("etc/systemd/system/a.service", "[Unit]\nRequiresMountsFor=/opt /srv/my-data/deep\n");
    image.write("etc/systemd/system/srv-my\\x2ddata-deep.mount", "[Mount]\nWhat=/dev/x\n");
    image.link("etc/systemd/system/opt.mount", "/dev/null");
    image.write("etc/systemd/system/b.service", "[Unit]\nRequiresMountsFor=/srv/my-data2\n");
    image.write("etc/systemd/system/c.service", "[Service]\nWorkingDirectory=/srv/my-data\n");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(is_after(graph, "a.service", "srv-my\\x2ddata.mount"));
    CHECK_FALSE(is_after(graph, "b.service", "srv-my\\x2ddata.mount"));
    CHECK(is_after(graph, "c.service", "srv-my\\x2ddata.mount"));
    CHECK(is_after(graph, "srv-my\\x2ddata-deep.mount", "srv-my\\x2ddata.mount")); // it lies in that
    CHECK_FALSE(is_after(graph, "a.service", "opt.mount"));                        // it is masked
    CHECK(is_after(graph, "remote-fs.target", "srv-my\\x2ddata.mount"));
}

TEST_CASE("an instance that is only named somewhere has the dependencies of its template") {
    Image image;
    boot(image, "b.service");
    image.write("etc/systemd/system/app@.service", "[Unit]\nAfter=db-%i.service\n");
    image.write("etc/systemd/system/b.service", "[Unit]\nWants=app@x.service\n");
    image.write("etc/systemd/system/apps-web.slice", "[Slice]\n");
    image.write("etc/systemd/system/b.service.d/1.conf", "[Service]\nSlice=apps-web.slice\n");
    Graph graph = read_offline_graph(image.files(), {});
    CHECK(is_after(graph, "app@x.service", "db-x.service"));
    CHECK(graph[*graph.find("app@x.service")].exists);
    CHECK_FALSE(graph[*graph.find("db-x.service")].exists);
    CHECK(is_after(graph, "b.service", "apps-web.slice"));
    CHECK(is_after(graph, "apps-web.slice", "apps.slice"));
}

TEST_CASE("of a generated unit the spec speaks, of its drop-ins and of a file that hides it they speak "
          "themselves") {
    Image image;
    const std::string mark = std::string(unit_file_mark) + "\n";
    image.write("run/systemd/generator.late/deploy-a.service", mark + "[Unit]\nAfter=old.service\n");
    image.link("run/systemd/generator.late/old.target.wants/deploy-a.service", "../deploy-a.service");
    image.write("etc/systemd/system/deploy-a.service.d/1.conf", "[Unit]\nAfter=extra.service\n");
    image.write("run/systemd/generator.late/deploy-b.service", mark + "[Unit]\nAfter=old.service\n");
    image.write("etc/systemd/system/deploy-b.service", "[Unit]\nAfter=own.service\n");
    std::vector<Spec> specs(2);
    specs[0].unit.name = "deploy-a.service";
    specs[0].unit.after = {{"new.service", {}}};
    specs[1].unit.name = "deploy-b.service";
    Graph graph = read_offline_graph(image.files(), specs);
    CHECK(is_after(graph, "deploy-a.service", "new.service"));
    CHECK(is_after(graph, "deploy-a.service", "extra.service"));
    CHECK_FALSE(is_after(graph, "deploy-a.service", "old.service"));
    CHECK_FALSE(is_after(graph, "old.target", "deploy-a.service"));
    CHECK(is_after(graph, "deploy-b.service", "own.service"));
    CHECK_FALSE(is_after(graph, "deploy-b.service", "old.service"));
}

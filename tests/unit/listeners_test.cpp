// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "image.hpp"
#include "io/listeners.hpp"

using namespace unitgate;

TEST_CASE("the unit of a process is the first service or scope of its control group") {
    CHECK(unit_of_cgroup("0::/system.slice/app@site.service\n") == "app@site.service");
    CHECK(unit_of_cgroup("12:memory:/x\n1:name=systemd:/system.slice/a.service\n0::/\n") == "a.service");
    CHECK(unit_of_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/b.service\n") ==
          "user@1000.service");
    CHECK(unit_of_cgroup("0::/system.slice/docker-2ae1.scope/init.service\n") == "docker-2ae1.scope");
    CHECK(unit_of_cgroup("0::/docker/2ae1\n").empty());
    CHECK(unit_of_cgroup("").empty());
}

TEST_CASE("a listening socket leads to its process and its unit") {
    test::Image proc;
    const std::string head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    // 127.0.0.1:443 listening, 127.0.0.1:443 connected, 0.0.0.0:80 listening
    proc.write(
        "net/tcp",
        head + "   0: 0100007F:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 1001 1\n"
               "   1: 0100007F:01BB 0100007F:9999 01 00000000:00000000 00:00000000 00000000  0 0 1002 1\n"
               "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 1003 1\n");
    proc.write("net/tcp6",
               head + "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
                      "00000000:00000000 00:00000000 00000000  0 0 1004 1\n");
    auto process = [&](const std::string& pid, const std::string& inode, const std::string& cgroup) {
        proc.link(pid + "/fd/3", "socket:[" + inode + "]");
        proc.link(pid + "/fd/4", "socket:[" + inode + "]");
        proc.write(pid + "/cgroup", "0::" + cgroup + "\n");
    };
    process("10", "1001", "/system.slice/proxy.service");
    process("11", "1002", "/system.slice/other.service");
    process("12", "1003", "/docker/2ae1");
    process("13", "1004", "/system.slice/six.service");
    proc.link("14/fd/0", "/dev/null");
    std::vector<SocketAddress> wanted{{"127.0.0.1", 443}, {"0.0.0.0", 80}, {"::1", 8080}, {"127.0.0.1", 1}};
    auto found = find_listeners(wanted, proc.root.string());
    std::string text;
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.process < b.process; });
    for (const auto& each : found)
        text += each.address.text() + " " + std::to_string(each.process) + " " + each.unit + "; ";
    CHECK(text == "127.0.0.1:443 10 proxy.service; [::1]:8080 13 six.service; ");
    CHECK(find_listeners({}, proc.root.string()).empty());
    CHECK(find_listeners(wanted, proc.at("nowhere")).empty());
}

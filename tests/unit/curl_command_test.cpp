// SPDX-License-Identifier: MIT
// The curl command that `probe` shows: its text, and whether it asks what the probe asks.
#include "catch.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "gate_server.hpp"
#include "io/plain_http.hpp"
#include "report/curl_command.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const std::string agent = std::string("--user-agent ") + user_agent;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A request with its headers in one order, whoever has sent it.
std::string sorted(const std::string& request) {
    auto end = request.find("\r\n\r\n");
    auto lines = split(std::string_view(request).substr(0, end), '\n');
    std::vector<std::string> head;
    for (std::string_view line : lines)
        head.emplace_back(unitgate::trim(line));
    std::sort(head.begin() + 1, head.end());
    return join(head, "\n") + "\n" + request.substr(std::min(end, request.size()));
}

struct Asked {
    std::string by_probe, by_curl;
    Ran curl; // what it printed
};

// Both ask `app`, which is where the probe goes; `secrets` are what the command hides, in its order.
Asked asked_by_both(Server& app, const HttpProbe& probe, const std::vector<std::string>& secrets = {}) {
    const Expansion version{"1.0 beta#2", "1.0 beta#2"};
    Asked asked;
    Event event = Event::create().value();
    auto prober = prober_of(event, probe, 5s, version);
    prober->inspect(); // as the verb does
    CHECK(try_once(*prober, event).passed());
    asked.by_probe = sorted(app.last_request());
    std::string command = curl_command(probe, version, 5s);
    for (const std::string& secret : secrets)
        command.replace(command.find("[hidden]"), 8, secret);
    INFO(command);
    asked.curl = run_shell(command + " 2>&1");
    CHECK(asked.curl.code == 0);
    CHECK(app.requests == 2);
    asked.by_curl = sorted(app.last_request());
    return asked;
}

// Answers each request; a body comes with a length.
void answer_all(int fd, Server& self, std::size_t body) {
    while (self.read_request(fd, body))
        if (!Server::send_text(fd, http(200, ""))) return;
}

} // namespace

TEST_CASE("the curl command asks the same and tells no secret") {
    HttpProbe probe;
    probe.url = "https://user:pw@app.invalid/v/{version}?key=secret";
    probe.connect = SocketAddress{"::1", 8443};
    probe.header = {
        {"Authorization", "Bearer {credential:token}"}, {"X-Key", "it's secret"}, {"accept", "text/html"}};
    probe.ca = "/etc/ca file.pem";
    CHECK(curl_command(probe, {"1.2", "1.2"}, 2500ms) ==
          "curl -q --noproxy '*' --http1.1 --include --max-time 2.5 --connect-to '::[::1]:8443' " + agent +
              " --header 'Authorization: Bearer {credential:token}' --header 'X-Key: [hidden]' "
              "--header 'accept: text/html' --cacert '/etc/ca file.pem' --globoff "
              "'https://[hidden]@app.invalid/v/1.2?[hidden]'");
    HttpProbe lax;
    lax.url = "https://app.invalid/a'b";
    lax.verify = false;
    CHECK(curl_command(lax, {"1", "1"}, 10s) == "curl -q --noproxy '*' --http1.1 --include --max-time 10 " +
                                                    agent + R"( --insecure 'https://app.invalid/a'\''b')");
}

TEST_CASE("the curl command sends what the probe sends, to where it sends it") {
    HttpProbe probe;
    probe.url = "https://app.invalid/";
    probe.method = "PUT";
    probe.request_body = "{\"key\": \"HUSH\"}";
    probe.socket = "/run/app.sock";
    probe.client_certificate = "/c.pem";
    probe.client_key = "/c.key";
    probe.pin = "sha256//x=";
    CHECK(
        curl_command(probe, {"1", "1"}, 10s) ==
        "curl -q --noproxy '*' --http1.1 --include --max-time 10 --unix-socket /run/app.sock --request PUT " +
            agent +
            " --data-raw '[hidden]' --header Content-Type: --cert /c.pem --key /c.key --pinnedpubkey "
            "sha256//x= https://app.invalid/");
    probe = {};
    probe.url = "https://app.invalid/";
    probe.method = "HEAD";
    probe.socket = "@app";
    CHECK(curl_command(probe, {"1", "1"}, 10s) == "curl -q --noproxy '*' --http1.1 --include --max-time 10 "
                                                  "--abstract-unix-socket app --head " +
                                                      agent + " https://app.invalid/");
}

TEST_CASE("the curl command of a swarm probe asks the Docker Engine for what the probe asks it for") {
    TemporaryFolder folder;
    SwarmProbe probe{"web_app", folder / "docker.sock"};
    Server docker(listen_on_unix(probe.socket), answering(http(200, "[]")));
    (void)try_of(probe);
    const std::string asked = sorted(docker.last_request());
    CHECK(asked.starts_with("GET /services?status=true&filters="));
    CHECK(run_shell(curl_command(probe, 5s) + " 2>&1").code == 0);
    CHECK(docker.requests == 2);
    CHECK(sorted(docker.last_request()) == asked);
}

TEST_CASE("the curl command is one that curl takes") {
    Server app(answering(http(200, "hello-from-app")));
    HttpProbe probe;
    probe.url = "http://app.invalid/a'b";
    probe.connect = SocketAddress{"127.0.0.1", app.port};
    Ran ran = run_shell(curl_command(probe, {"1", "1"}, 5s) + " 2>&1");
    CHECK(ran.code == 0);
    CHECK(has(ran.output, "hello-from-app"));
    CHECK(has(app.last_request(), "GET /a'b HTTP/1.1\r\nHost: app.invalid\r\n"));
}

TEST_CASE("the curl command asks for what the probe asks for, byte by byte") {
    struct Case {
        std::string name, target;
        HttpProbe probe;
        std::vector<std::string> secrets; // what its command hides
    };
    auto with = [](std::string method, std::string path, std::vector<HeaderRule> header = {},
                   std::string body = "") {
        HttpProbe probe = http_probe(0, path);
        probe.method = std::move(method);
        probe.header = std::move(header);
        probe.request_body = std::move(body);
        return probe;
    };
    const std::string body = "@{\"a\": 1}\nb";
    for (Case& one : std::vector<Case>{
             {"GET", "GET / ", with("GET", "/"), {}},
             {"HEAD", "HEAD / ", with("HEAD", "/"), {}},
             {"DELETE", "DELETE / ", with("DELETE", "/"), {}},
             {"POST", "POST / ", with("POST", "/", {}, body), {body}},
             {"PUT with a type",
              "PUT / ",
              with("PUT", "/", {{"Content-Type", "text/plain"}, {"X-Key", "secret"}}, body),
              {"secret", body}},
             {"POST of nothing", "POST / ", with("POST", "/"), {}},
             {"GET of a body", "GET / ", with("GET", "/", {}, body), {body}},
             {"an empty header", "GET / ", with("GET", "/", {{"Accept", ""}, {"X-Empty", " "}}), {}},
             {"another program", "GET / ", with("GET", "/", {{"User-Agent", "mine"}}), {}},
             {"a version", "GET /v/1.0%20beta%232/x ", with("GET", "/v/{version}/x"), {}},
             {"brackets", "GET /a[1-2]/{b,c} ", with("GET", "/a[1-2]/{b,c}"), {}},
             {"a query", "GET /?a[]=1 ", with("GET", "/?a[]=1"), {"a[]=1"}},
         }) {
        INFO(one.name);
        Server app([&](int fd, Server& self) { answer_all(fd, self, one.probe.request_body.size()); });
        one.probe.url.replace(one.probe.url.find(":0/"), 2, ":" + std::to_string(app.port));
        Asked asked = asked_by_both(app, one.probe, one.secrets);
        CHECK(asked.by_probe.starts_with(one.target));
        CHECK(asked.by_curl == asked.by_probe);
    }
}

TEST_CASE("the curl command goes to the Unix socket that the probe goes to") {
    TemporaryFolder folder;
    for (const std::string& path : {folder / "app.sock", "@unitgate-test-" + std::to_string(getpid())}) {
        INFO(path);
        Server app(listen_on_unix(path), [](int fd, Server& self) { answer_all(fd, self, 0); });
        HttpProbe probe;
        probe.url = "http://localhost/health";
        probe.socket = path;
        Asked asked = asked_by_both(app, probe);
        CHECK(asked.by_probe.starts_with("GET /health "));
        CHECK(asked.by_curl == asked.by_probe);
    }
}

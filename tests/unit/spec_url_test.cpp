// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "base/regex.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"
#include "spec/url.hpp"

using namespace unitgate;

TEST_CASE("a URL falls into its parts, host lower-cased and port defaulted") {
    Url url = parse_url("HTTPS://bob:se:cret@Traefik.CI.example.net/api/version?x=1#top").value();
    CHECK(url.scheme == "https");
    CHECK(url.user == "bob");
    CHECK(url.password == "se:cret");
    CHECK(url.host == "traefik.ci.example.net");
    CHECK(url.port == 443);
    CHECK(url.path == "/api/version");
    CHECK(url.query == "x=1");
    CHECK(url.fragment == "top");
    CHECK(parse_url("http://h").value().path == "/");
    CHECK(parse_url("http://h").value().port == 80);
    CHECK(parse_url("http://h?q").value().query == "q");
    CHECK(parse_url("http://h:8080/").value().port == 8080);
    Url six = parse_url("https://[0:0::0:1]:8443/a").value();
    CHECK(six.host == "::1");
    CHECK(six.authority() == "[::1]:8443");
}

TEST_CASE("the text of a URL that may be shown has no user, password, query or fragment") {
    CHECK(url_without_secrets("https://bob:secret@h:443/p?token=x#f") == "https://h/p");
    CHECK(url_without_secrets("http://h:81?token=x") == "http://h:81/");
    CHECK(url_without_secrets("https://user@@h/p") == "https://h/p");
    CHECK(url_without_secrets("not a url, secret") == "(invalid URL)");
}

TEST_CASE("a URL that is odd is refused, and the reason does not repeat it") {
    for (std::string_view bad : {"",
                                 "h",
                                 "/path",
                                 "ftp://h/",
                                 "https://",
                                 "https:///p",
                                 "https:// h/",
                                 "https://h/a b",
                                 "https://h/\n",
                                 "https://h/\x7f",
                                 "https://h/\xc3\xa9",
                                 "https://h:0/",
                                 "https://h:65536/",
                                 "https://h:/",
                                 "https://h:8x/",
                                 "https://[::1",
                                 "https://[::1]x/",
                                 "https://[::g]/",
                                 "https://::1/",
                                 "https://a..b/",
                                 "https://-a/",
                                 "https://h%20/",
                                 "https://h\\@evil/",
                                 "https://user:SECRET@/",
                                 "https://SECRET@h:x/"}) {
        INFO(bad);
        auto url = parse_url(bad);
        REQUIRE_FALSE(url);
        CHECK(url.error().message.find("SECRET") == std::string::npos);
    }
    CHECK_FALSE(parse_url(std::string_view("https://h\0/", 11)));
    CHECK_FALSE(parse_url("https://h/" + std::string(9000, 'a')));
}

TEST_CASE("socket addresses are numeric, have a port and compare in their shortest form") {
    CHECK(parse_socket_address("127.0.0.1:443").value() == SocketAddress{"127.0.0.1", 443});
    CHECK(parse_socket_address("[0:0::1]:443").value() == SocketAddress{"::1", 443});
    CHECK(parse_socket_address("[::1]:443").value().text() == "[::1]:443");
    CHECK(SocketAddress{"127.0.0.1", 80}.text() == "127.0.0.1:80");
    for (std::string_view bad :
         {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "localhost:80", "::1:443",
          "[::1]", "[127.0.0.1]:80", "127.0.0.1:4 4", " 127.0.0.1:443", "[]:1", "[:1"}) {
        INFO(bad);
        CHECK_FALSE(parse_socket_address(bad));
    }
}

TEST_CASE("the longest run adds up the limits of every step") {
    Spec spec;
    CHECK(longest_run(spec) == 30s + 10min + 15min + 10min + 5min);
    spec.rollback.enabled = false;
    CHECK(longest_run(spec) == 30s + 10min + 15min);
    spec.gate.timeout = 3s;
    CHECK(longest_run(spec) == 30s + 10min + 15min);
    spec.gate.timeout = 2min; // one try before the deploy takes as long
    CHECK(longest_run(spec) == 30s + 10min + 15min + 110s);
}

TEST_CASE("placeholders are expanded once, unknown braces stay") {
    Expansion with{"5.1.1+v3.6.15", "3.6.15"};
    CHECK(expand("a{version}b{app_version}c", with) == "a5.1.1+v3.6.15b3.6.15c");
    CHECK(expand("{credential:token} {} {{version}", with) == "{credential:token} {} {5.1.1+v3.6.15");
    CHECK(expand("{version}", Expansion{"{app_version}", "x"}) == "{app_version}");
    CHECK(expand(std::vector<std::string>{"x", "{version}"}, with) ==
          std::vector<std::string>{"x", "5.1.1+v3.6.15"});
    CHECK(Regex::compile(expand_pattern("^v={version}$", with)).value().matches("v=5.1.1+v3.6.15").value());
    CHECK_FALSE(
        Regex::compile(expand_pattern("^v={version}$", with)).value().matches("v=5x1y1+v3.6.15").value());
}

TEST_CASE("extract gives the part of a version that the app reports") {
    VersionSource source;
    CHECK(make_expansion(source, "1.2").value().app_version == "1.2");
    source.extract = R"(\+v(.+)$)";
    CHECK(make_expansion(source, "5.1.1+v3.6.15").value().app_version == "3.6.15");
    CHECK_FALSE(make_expansion(source, "5.1.1"));
    source.extract = "(";
    CHECK_FALSE(make_expansion(source, "5.1.1"));
}

TEST_CASE("a pattern that backtracks without end fails in bounded time") {
    auto regex = Regex::compile("^(a+)+$").value();
    CHECK_FALSE(regex.matches(std::string(64, 'a') + "b").has_value());
    CHECK(regex.matches("aaa").value());
    CHECK(Regex::compile("x").value().matches("\xff x").value());
    CHECK(Regex::compile("").value().matches({}).value());
}

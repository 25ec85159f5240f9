// SPDX-License-Identifier: MIT
// TLS: certificates made for the test by openssl(1), served by tests/system/badserver.py.
#include "catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <sys/wait.h>

#include "gate_server.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

struct Certificates {
    TemporaryFolder folder;
    bool made = false;
    Certificates() {
        std::string script = "cd " + folder.path() + R"( && exec >/dev/null 2>&1 &&
            printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:app.invalid\n' > ext &&
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 30 &&
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out csr -subj /CN=app &&
            openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 30 -out good &&
            printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nrand_serial=yes\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > conf &&
            touch index && openssl ca -config conf -batch -notext -in csr -cert ca.pem -keyfile ca.key -extfile ext -startdate 20200101000000Z -enddate 20200102000000Z -out expired &&
            openssl x509 -req -in csr -signkey key -extfile ext -days 30 -out self)";
        made = system(script.c_str()) == 0;
    }
    std::string operator[](std::string_view name) const { return folder / std::string(name); }
};

// badserver.py as a child; it ends with its standard input.
struct BadServer {
    FILE* output = nullptr;
    Fd input;
    int pid = -1;
    std::uint16_t port = 0;
    explicit BadServer(const std::vector<std::string>& arguments) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) return;
        std::vector<std::string> words{"python3", SOURCE_ROOT "/tests/system/badserver.py"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (auto& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        pid = fork();
        if (pid == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            execvp(argv[0], argv.data());
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        input.reset(in[1]);
        output = fdopen(out[0], "r");
        unsigned number = 0;
        if (output && fscanf(output, "%u", &number) == 1) port = static_cast<std::uint16_t>(number);
    }
    ~BadServer() {
        input.reset();
        if (output) fclose(output);
        int status;
        if (pid > 0) waitpid(pid, &status, 0);
    }
};

HttpProbe tls_probe(std::uint16_t port, const std::string& ca) {
    HttpProbe probe;
    probe.url = "https://app.invalid/";
    probe.connect = SocketAddress{"127.0.0.1", port};
    probe.ca = ca;
    return probe;
}

} // namespace

TEST_CASE("certificates are verified against the URL's name, and each fault has its reason") {
    Certificates certificates;
    REQUIRE(certificates.made); // needs openssl(1)
    auto key = certificates["key"], ca = certificates["ca.pem"];

    BadServer good({"--tls", certificates["good"], key, "echo"});
    REQUIRE(good.port != 0); // needs python3
    auto probe = tls_probe(good.port, ca);
    probe.json = {{"/sni", "app.invalid"}, {"/host", "app.invalid"}};
    auto result = try_of(probe);
    INFO(result.detail);
    CHECK(result.passed());

    auto other = tls_probe(good.port, ca);
    other.url = "https://other.invalid/";
    result = try_of(other);
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate is for another name");

    result = try_of(tls_probe(good.port, "")); // the system's authorities don't know ours
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate's issuer is unknown");

    BadServer expired({"--tls", certificates["expired"], key, "ok"});
    result = try_of(tls_probe(expired.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate has expired");
    auto lax = tls_probe(expired.port, ca);
    lax.verify = false;
    CHECK(try_of(lax).passed());

    BadServer self({"--tls", certificates["self"], key, "ok"});
    result = try_of(tls_probe(self.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate is self-signed");

    result = try_of(tls_probe(good.port, certificates["missing.pem"]));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the CA file cannot be read or holds no certificate");
}

TEST_CASE("a peer that speaks no TLS is tls, one that goes away in the handshake is a reset") {
    Certificates certificates;
    REQUIRE(certificates.made);
    auto ca = certificates["ca.pem"];
    Server plain([](int fd, Server&) {
        Server::send_text(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        Server::wait_for_end(fd);
    });
    auto result = try_of(tls_probe(plain.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the server does not speak TLS on this port");

    Server resets([](int fd, Server&) {
        char byte;
        (void)!recv(fd, &byte, 1, 0);
        Server::reset(fd);
    });
    result = try_of(tls_probe(resets.port, ca));
    INFO(result.detail);
    CHECK(cause_name(result.cause) == "reset");

    Server closes([](int fd, Server&) {
        shutdown(fd, SHUT_WR);
        Server::wait_for_end(fd);
    });
    result = try_of(tls_probe(closes.port, ca));
    INFO(result.detail);
    CHECK(cause_name(result.cause) == "reset");

    Server hangs([](int fd, Server&) { Server::wait_for_end(fd); });
    result = try_of(tls_probe(hangs.port, ca), 200ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "no TLS connection within 200ms");
}

TEST_CASE("an answer that is cut off within TLS is a reset") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer cut({"--tls", certificates["good"], certificates["key"], "cut"});
    CHECK(cause_name(try_of(tls_probe(cut.port, certificates["ca.pem"])).cause) == "reset");
}

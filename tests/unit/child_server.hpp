// SPDX-License-Identifier: MIT
// Certificates for a test, and servers in Python that use them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "temporary_folder.hpp"

namespace unitgate::test {

// Made anew by openssl(1): ca.pem has signed "good", "longer", "expired" and "client", all of "key"; "pin" is
// that of the key.
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
            openssl x509 -req -in csr -signkey key -extfile ext -days 30 -out self &&
            openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 60 -out longer &&
            printf 'extendedKeyUsage=clientAuth\n' > client.ext &&
            openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile client.ext -days 30 -out client &&
            cat client key > both &&
            { printf sha256//; openssl pkey -in key -pubout -outform der | openssl dgst -sha256 -binary | openssl base64; } > pin)";
        made = system(script.c_str()) == 0;
    }
    std::string operator[](std::string_view name) const { return folder / std::string(name); }
};

// A server of tests/system as a child; it prints its port and ends with its standard input. Run by Debian's
// Python, which has the modules of Debian's packages.
struct ChildServer {
    FILE* output = nullptr;
    Fd input;
    int pid = -1;
    std::uint16_t port = 0;
    ChildServer(const std::string& program, const std::vector<std::string>& arguments) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) return;
        std::vector<std::string> words{"/usr/bin/python3", SOURCE_ROOT "/tests/system/" + program};
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
    ~ChildServer() { ended_with(); }
    // Ends it. Its exit status, or -1.
    int ended_with() {
        input.reset();
        if (output) fclose(std::exchange(output, nullptr));
        int status = 0;
        if (pid <= 0 || waitpid(std::exchange(pid, -1), &status, 0) < 0) return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

struct BadServer : ChildServer {
    explicit BadServer(const std::vector<std::string>& arguments) : ChildServer("badserver.py", arguments) {}
};

} // namespace unitgate::test

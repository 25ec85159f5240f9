// SPDX-License-Identifier: MIT
// How many gates wait: other processes are counted while they live, however they end.
#include "catch.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "deploy/crowd.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

// Joins the crowd and stays until it is killed.
class Member {
  public:
    explicit Member(const std::string& folder) {
        int joined[2];
        REQUIRE(pipe(joined) == 0);
        pid_ = fork();
        if (pid_ == 0) {
            Crowd crowd = Crowd::join(folder);
            [[maybe_unused]] auto told = write(joined[1], "x", 1);
            for (;;)
                pause();
        }
        char byte;
        REQUIRE(read(joined[0], &byte, 1) == 1);
        close(joined[0]);
        close(joined[1]);
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    void end() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(std::exchange(pid_, 0), nullptr, 0);
    }
    ~Member() { end(); }

  private:
    pid_t pid_;
};

} // namespace

TEST_CASE("gates that wait are counted, and no longer when they are killed") {
    TemporaryFolder folder;
    CHECK(Crowd::join(folder.path()).size(200) == 1);
    std::vector<std::unique_ptr<Member>> others; // before `own`, whose lock a fork would share
    for (int i = 0; i < 40; ++i)
        others.push_back(std::make_unique<Member>(folder.path()));
    Crowd own = Crowd::join(folder.path());
    CHECK(own.size(200) == 41);
    CHECK(own.size(20) == 20);
    CHECK(own.size(1) == 1);
    for (std::size_t i = 0; i < others.size(); i += 2)
        others[i]->end();
    CHECK(own.size(200) == 21);
    { Crowd left = std::move(own); }
    own = Crowd::join(folder.path());
    CHECK(own.size(200) == 21);
}

TEST_CASE("who can't use the file of the crowd is alone") {
    TemporaryFolder folder;
    Member other(folder.path());
    CHECK(Crowd::join(folder.path() + "/missing").size(200) == 1);
    CHECK(Crowd::join(folder.path()).size(200) == 2);
}

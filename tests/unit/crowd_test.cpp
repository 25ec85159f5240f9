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

// A process that joins the crowd when it is told to, and stays until it is killed.
class Member {
  public:
    explicit Member(const std::string& folder) {
        REQUIRE(pipe(go_) == 0);
        REQUIRE(pipe(joined_) == 0);
        pid_ = fork();
        if (pid_ > 0) return;
        char byte = 'x';
        if (read(go_[0], &byte, 1) != 1) _exit(1);
        Crowd crowd = Crowd::join(folder);
        [[maybe_unused]] auto told = write(joined_[1], &byte, 1);
        for (;;)
            pause();
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    void join() {
        char byte = 'x';
        REQUIRE(write(go_[1], &byte, 1) == 1);
        REQUIRE(read(joined_[0], &byte, 1) == 1);
    }
    void end() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(std::exchange(pid_, 0), nullptr, 0);
    }
    ~Member() {
        end();
        for (int fd : {go_[0], go_[1], joined_[0], joined_[1]})
            close(fd);
    }

  private:
    int go_[2], joined_[2];
    pid_t pid_;
};

} // namespace

TEST_CASE("gates that wait are counted, and no longer when they are killed") {
    TemporaryFolder folder;
    CHECK(Crowd::join(folder.path()).size(200) == 1);
    std::vector<std::unique_ptr<Member>> others; // before `own`, whose lock a fork would share
    for (int i = 0; i < 40; ++i)
        others.push_back(std::make_unique<Member>(folder.path()));
    for (std::size_t i = 0; i < others.size(); ++i) // not in the order of their bytes
        others[i * 7 % others.size()]->join();
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
    other.join();
    CHECK(Crowd::join(folder.path() + "/missing").size(200) == 1);
    CHECK(Crowd::join(folder.path()).size(200) == 2);
}

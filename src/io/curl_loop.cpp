// SPDX-License-Identifier: MIT
#include "io/curl_loop.hpp"

#include <utility>

#include <sys/epoll.h>

namespace unitgate {

namespace {

constexpr unsigned curl_8_4 = 0x080400;

} // namespace

Result<std::shared_ptr<CurlLoop>> CurlLoop::of(const Event& event) {
    // One a thread is enough: a program has one loop. A loop at the address of an earlier one can't meet its
    // connections, as those went with the last transfer.
    thread_local std::pair<const void*, std::weak_ptr<CurlLoop>> known{};
    if (auto loop = known.second.lock(); loop && known.first == event.get()) return loop;
    auto curl = load_curl();
    if (!curl) return tl::unexpected(curl.error());
    CURLM* multi = (*curl)->multi_init();
    if (!multi) return fail("cannot make a set of connections: out of memory");
    std::shared_ptr<CurlLoop> made(new CurlLoop(event, **curl, multi));
    known = {event.get(), made};
    return made;
}

CurlLoop::CurlLoop(const Event& event, const CurlLibrary& curl, CURLM* multi)
    : event_(event), curl_(curl), multi_(multi) {
    curl_.multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_.multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_.multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
    curl_.multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() {
    curl_.multi_cleanup(multi_); // closes connections and calls back for each
}

Status CurlLoop::add(CURL* easy, Handle handle, std::function<void(CURLcode)> done) {
    remove(easy);
    if (curl_.multi_add_handle(multi_, easy) != CURLM_OK)
        return fail("cannot begin a request: out of memory");
    requests_[easy] = {handle, std::move(done)};
    return {};
}

void CurlLoop::remove(CURL* easy) {
    stalled_.erase(easy);
    if (requests_.erase(easy) > 0) curl_.multi_remove_handle(multi_, easy);
}

int CurlLoop::on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
    try {
        auto& loop = *static_cast<CurlLoop*>(self);
        loop.watch(fd, what);
        if (what == CURL_POLL_REMOVE && loop.curl_.version < curl_8_4) loop.look_again_at(easy);
        return 0;
    } catch (...) {
        return -1; // every request of the set fails
    }
}

int CurlLoop::on_timer(CURLM*, long milliseconds, void* self) {
    try {
        static_cast<CurlLoop*>(self)->arm(milliseconds);
        return 0;
    } catch (...) {
        return -1;
    }
}

void CurlLoop::watch(curl_socket_t fd, int what) {
    sockets_.erase(fd);
    if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) return;
    std::uint32_t events = 0;
    if (what & CURL_POLL_IN) events |= EPOLLIN;
    if (what & CURL_POLL_OUT) events |= EPOLLOUT;
    sockets_[fd] = needed(add_io(event_, fd, events, [this, fd](std::uint32_t ready) {
        int happened = 0;
        if (ready & (EPOLLIN | EPOLLHUP)) happened |= CURL_CSELECT_IN;
        if (ready & EPOLLOUT) happened |= CURL_CSELECT_OUT;
        if (ready & EPOLLERR) happened |= CURL_CSELECT_ERR;
        act(fd, happened);
    }));
}

void CurlLoop::arm(long milliseconds) {
    timer_.reset();
    if (milliseconds < 0) return;
    auto expired = [this] {
        timer_.reset();
        act(CURL_SOCKET_TIMEOUT, 0);
    };
    // "Now" must not mean within this callback; a deferred source is cheaper than a timer that is due.
    timer_ = needed(milliseconds == 0
                        ? add_defer(event_, expired)
                        : add_timer(event_, Clock::now() + std::chrono::milliseconds(milliseconds), expired));
}

// Before 8.4.0, libcurl takes a name's next address when one has failed, and connects to it when it is called
// the next time, for which it asks nobody: that may be at the time-out. That it has dropped a socket is all
// that shows of it.
void CurlLoop::look_again_at(CURL* easy) {
    if (!requests_.contains(easy)) return;
    stalled_.insert(easy);
    if (stalled_source_) return;
    stalled_source_ = needed(add_defer(event_, [this] {
        for (CURL* one : std::exchange(stalled_, {})) {
            // A change of what is paused is all that makes libcurl look at one request soon.
            curl_.easy_pause(one, CURLPAUSE_RECV);
            curl_.easy_pause(one, CURLPAUSE_CONT);
        }
        // Where an answer is waited for already, that itself drops the socket and takes it again: to look at
        // that too would never end.
        stalled_.clear();
        stalled_source_.reset();
    }));
}

void CurlLoop::act(curl_socket_t fd, int events) {
    auto alive = shared_from_this(); // a `done` may drop the last transfer
    int running = 0;
    curl_.multi_socket_action(multi_, fd, events, &running);
    int left = 0;
    while (CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* easy = message->easy_handle;
        CURLcode code = message->data.result; // the message is gone with the handle
        auto found = requests_.find(easy);
        if (found == requests_.end() || !found->second.done) continue;
        auto done = std::exchange(found->second.done, nullptr);
        stalled_.erase(easy);
        if (found->second.handle == Handle::goes) remove(easy);
        done(code);
    }
}

} // namespace unitgate

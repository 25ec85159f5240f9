// SPDX-License-Identifier: MIT
// Glue of libcurl's multi-socket interface and one event loop (curl_multi_socket_action(3)): a source for
// each socket, one timer, and the messages of finished requests handed out outside of curl's own callbacks.
// Only curl_request.cpp includes this.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "io/curl_library.hpp"
#include "io/event.hpp"

namespace unitgate {

class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
  public:
    // The one of this loop, made where there is none.
    static Result<std::shared_ptr<CurlLoop>> of(const Event& event);
    ~CurlLoop();

    const CurlLibrary& curl() const { return curl_; }
    // Whether it is still in here when its request is done: the connection of CURLOPT_CONNECT_ONLY(3) is
    // closed when it goes.
    enum class Handle { goes, stays };
    // Begins the request; `done` comes once from the loop. Takes it out first, if it is in here. Fails only
    // where memory is short.
    Status add(CURL* easy, Handle handle, std::function<void(CURLcode)> done);
    // Takes it out, which abandons what it is at, if it is in here.
    void remove(CURL* easy);

  private:
    CurlLoop(const Event& event, const CurlLibrary& curl, CURLM* multi);
    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*);
    static int on_timer(CURLM*, long milliseconds, void* self);
    void watch(curl_socket_t fd, int what);
    void arm(long milliseconds);
    void act(curl_socket_t fd, int events);
    void look_again_at(CURL* easy);

    const Event& event_;
    const CurlLibrary& curl_;
    CURLM* multi_;
    std::map<curl_socket_t, Source> sockets_;
    struct Request {
        Handle handle;
        std::function<void(CURLcode)> done; // none: that has been said
    };
    std::map<CURL*, Request> requests_;
    std::set<CURL*> stalled_; // those to look at again
    Source timer_, stalled_source_;
};

} // namespace unitgate

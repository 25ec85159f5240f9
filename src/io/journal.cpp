// SPDX-License-Identifier: MIT
#include "io/journal.hpp"

#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fd.hpp"
#include "io/systemd_library.hpp"

namespace unitgate {

bool journal_present() {
    // A socket file may be left from a journal that is gone: connecting tells.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/run/systemd/journal/socket");
    Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool leads_to_journal(int fd) {
    const char* stream = ::getenv("JOURNAL_STREAM");
    struct stat own {};
    return stream && ::fstat(fd, &own) == 0 &&
           std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino) == stream;
}

Status journal_send(const JournalFields& fields) {
    std::vector<std::string> texts;
    texts.reserve(fields.size());
    for (const auto& field : fields)
        texts.push_back(field.name + "=" + field.value);
    std::vector<iovec> parts;
    parts.reserve(texts.size());
    for (auto& text : texts)
        parts.push_back({text.data(), text.size()});
    int r = libsystemd().sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    if (r < 0) return fail_errno("cannot write to the journal", -r);
    return {};
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// Whole files, read with a bound and written durably (temporary file, fsync, rename or link, fsync of the
// folder): after a power cut the old or the new text is there, never a part.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace unitgate {

// Fails with EFBIG past `limit` bytes. Follows links.
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{4} << 20);
// The same of an image: with links followed as they would be if `root` were the root folder. `path` begins
// with '/' and is inside it.
Result<std::string> read_file_in(const std::string& root, const std::string& path, std::size_t limit);

// mkdir -p; folders made get `mode`; existing ones are left as they are. A folder made is itself durable.
Status make_folders(const std::string& path, mode_t mode);

// Replaces `path` durably.
Status write_file_durable(const std::string& path, std::string_view text, mode_t mode);

// Creates `path` durably; fails with EEXIST where it exists (link(2), so nothing is ever overwritten).
Status create_file_durable(const std::string& path, std::string_view text, mode_t mode);

// Takes an exclusive flock(2) on `path` (created when missing, mode 0600) without waiting.
// Fails with EWOULDBLOCK when another process holds it. Released when the Fd goes.
Result<Fd> lock_file(const std::string& path);

} // namespace unitgate

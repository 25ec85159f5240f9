// SPDX-License-Identifier: MIT
#include "deploy/version.hpp"

#include <sys/stat.h>
#include <utility>

#include "base/file.hpp"
#include "spec/checks.hpp"

namespace unitgate {

namespace {

constexpr std::size_t longest_output = 4096; // more is no version in any case

Result<std::string> from_file(const std::string& path) {
    struct stat info;
    // A FIFO or a device would make the open or the read wait.
    if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
        return fail("cannot read the version from '" + path + "': it is no regular file");
    Result<std::string> text = read_file(path, longest_output);
    if (!text) return fail_with("cannot read the version", text.error());
    Result<std::string> version = version_from(*text);
    if (!version) return fail_with("file '" + path + "' has no version", version.error());
    return version;
}

Result<std::string> from_command(const VersionSource& source, const ProcessEnd& end) {
    const std::string& name = source.command.front();
    if (!end.succeeded())
        return fail("version command '" + name + "' " + describe(end, source.timeout),
                    "run it by hand and look at what it prints");
    Result<std::string> version = version_from(end.output);
    if (!version) return fail_with("version command '" + name + "' gave no version", version.error());
    return version;
}

} // namespace

Result<std::string> version_from(std::string_view text) {
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.find('\n') != std::string_view::npos) return fail("there is more than one line");
    if (auto valid = check_version(text); !valid)
        return fail("it " + valid.error().message, valid.error().remedy);
    return std::string(text);
}

VersionLookup::VersionLookup(const Event& event, const VersionSource& source,
                             std::vector<std::string> environment, Done done)
    : event_(event), source_(source), environment_(std::move(environment)), done_(std::move(done)) {}

Status VersionLookup::start() {
    Result<std::string> known;
    if (source_.kind == VersionSource::Kind::command) {
        ProcessOptions options;
        options.command = source_.command;
        options.directory = "/";
        options.environment = environment_;
        options.timeout = source_.timeout;
        options.capture = longest_output;
        Result<std::unique_ptr<Process>> process =
            Process::start(event_, options, [this](const ProcessEnd& end) {
                Done done = std::move(done_); // it may destroy this
                done(from_command(source_, end));
            });
        if (process) {
            process_ = std::move(*process);
            return {};
        }
        known = fail_with("version command", process.error());
    } else if (source_.kind == VersionSource::Kind::file) {
        known = from_file(source_.text);
    } else {
        known = version_from(source_.text);
        if (!known) known = fail_with("[version] pin '" + source_.text + "'", known.error());
    }
    Result<Source> later = add_defer(event_, [this, known] {
        Done done = std::move(done_);
        done(known);
    });
    if (!later) return tl::unexpected(later.error());
    later_ = std::move(*later);
    return {};
}

bool VersionLookup::end(Duration grace) {
    later_.reset();
    if (process_) process_->end(grace);
    return process_ != nullptr;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "deploy/checkouts.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "io/event.hpp"
#include "io/process.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

constexpr std::size_t at_once = 4;                        // calls of git
constexpr std::size_t most_output = std::size_t{1} << 20; // of one

// The folder with the `.git` that `folder` belongs to; empty: none.
std::string top_of(std::string folder) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) < 0) return {};
    std::error_code error;
    // git compares real paths.
    if (auto real = std::filesystem::canonical(folder, error); !error) folder = real.string();
    while (!error && !folder.empty() && folder.front() == '/') {
        if (::stat((folder == "/" ? "/.git" : folder + "/.git").c_str(), &info) == 0) return folder;
        if (folder == "/") break;
        auto slash = folder.find_last_of('/');
        folder = slash == 0 ? "/" : folder.substr(0, slash);
    }
    return {};
}

bool is_ours(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && (info.st_uid == 0 || info.st_uid == ::geteuid());
}

std::vector<std::string> git_environment() {
    std::vector<std::string> all{
        "LC_ALL=C",
        "GIT_OPTIONAL_LOCKS=0",     // writes nothing
        "GIT_TERMINAL_PROMPT=0",    // asks nobody
        "GIT_ALLOW_PROTOCOL=none",  // fetches nothing, also where a partial clone would
        "GIT_NO_LAZY_FETCH=1",      // (git 2.45)
        "GIT_NO_REPLACE_OBJECTS=1", // counts what is there
    };
    for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME"})
        if (const char* value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
    return all;
}

// What git is asked of one checkout, one question after the other.
class Look {
  public:
    using Said =
        std::function<void(std::optional<std::string> stale, std::optional<std::string> not_checked)>;
    Look(const Event& event, std::string top, Duration timeout, Said said)
        : event_(event), top_(std::move(top)), timeout_(timeout), said_(std::move(said)) {}

    void start() {
        if (!is_ours(top_) || !is_ours(top_ + "/.git"))
            return said_({}, "it belongs to another user, and git would do what that user's config says");
        ask({"for-each-ref", "--format=%(HEAD)%09%(refname)%09%(upstream)%09%(symref)", "refs/heads",
             "refs/remotes"},
            [this](const std::string& text) { read_refs(text); });
    }

  private:
    using Answer = std::function<void(const std::string& output)>;

    void ask(std::vector<std::string> words, Answer answer, Answer refused = {}) {
        ProcessOptions options;
        options.command = {"git", "--no-pager",
                           "-c",  "safe.directory=" + top_,
                           "-c",  "core.fsmonitor=false",
                           "-c",  "core.hooksPath=/dev/null",
                           "-C",  top_};
        options.command.insert(options.command.end(), words.begin(), words.end());
        options.environment = git_environment();
        options.timeout = timeout_;
        options.capture = most_output;
        options.quiet = true;
        auto process = Process::start(event_, options, [this, answer, refused, words](const ProcessEnd& end) {
            // The next question takes the place of this one; what it is asked with must outlive that.
            if (end.succeeded()) return answer(end.output);
            if (refused && end.how == ProcessEnd::How::exited) return refused({});
            said_({}, "'git " + words.front() + "' " + describe(end, timeout_));
        });
        if (!process) return said_({}, process.error().message);
        process_ = std::move(*process);
    }

    void read_refs(const std::string& text) {
        std::map<std::string, std::string>
            defaults; // remote -> its default branch, "refs/remotes/origin/main"
        std::string upstream;
        for (auto line : split(text, '\n')) {
            auto fields = split(line, '\t');
            if (fields.size() != 4) continue;
            if (fields[0] == "*") {
                branch_ = fields[1];
                upstream = fields[2];
            }
            if (fields[1].ends_with("/HEAD") && fields[1].starts_with(remotes) && !fields[3].empty())
                defaults.emplace(fields[1].substr(remotes.size(), fields[1].size() - remotes.size() - 5),
                                 fields[3]);
        }
        std::string remote = "origin";
        for (const auto& [name, branch] : defaults)
            if (upstream.starts_with(std::string(remotes) + name + "/")) remote = name;
        auto known = defaults.find(remote);
        target_ = known == defaults.end() ? upstream : known->second;
        if (target_.empty()) return said_({}, {}); // nothing that it could be behind
        std::string wanted = short_name(target_, std::string(remotes) + remote + "/");
        if (!branch_.empty()) {
            bool follows =
                upstream.empty() ? short_name(branch_, "refs/heads/") == wanted : upstream == target_;
            if (!follows)
                return said_("is on branch '" + short_name(branch_, "refs/heads/") + "', not on '" + wanted +
                                 "', the default one of '" + remote + "'",
                             {});
        }
        ask({"rev-list", "--count", "HEAD.." + target_}, [this](const std::string& count) {
            std::string number(trim(count));
            if (number == "0") return said_({}, {});
            behind_ = "is " + number + (number == "1" ? " commit" : " commits") + " behind '" +
                      short_name(target_, remotes) + "' as last fetched";
            if (!branch_.empty()) return said_(behind_, {});
            // On no branch: at a tag somebody has chosen it.
            ask(
                {"describe", "--tags", "--exact-match", "HEAD"},
                [this](const std::string&) { said_({}, {}); },
                [this](const std::string&) { said_("is on no branch and no tag, and " + behind_, {}); });
        });
    }

    static std::string short_name(const std::string& ref, std::string_view prefix) {
        return ref.starts_with(prefix) ? ref.substr(prefix.size()) : ref;
    }

    static constexpr std::string_view remotes = "refs/remotes/";
    const Event& event_;
    std::string top_, branch_, target_, behind_;
    Duration timeout_;
    Said said_;
    std::unique_ptr<Process> process_;
};

// The checkouts of all specs, some at a time.
class Round {
  public:
    Round(std::span<const Spec> specs, Duration timeout) : timeout_(timeout) {
        std::map<std::string, std::string> tops; // of each folder that specs name: a thousand may share one
        for (const Spec& spec : specs) {
            if (spec.deploy.directory.empty()) continue;
            auto [at, is_new] = tops.try_emplace(spec.deploy.directory);
            if (is_new) at->second = top_of(spec.deploy.directory);
            if (!at->second.empty()) by_top_[at->second].push_back(&spec);
        }
        for (const auto& [top, users] : by_top_)
            waiting_.push_back(top);
    }

    Result<Diagnostics> run() {
        if (waiting_.empty()) return Diagnostics();
        auto event = Event::create();
        if (!event) return tl::unexpected(event.error());
        event_.emplace(std::move(*event));
        while (!waiting_.empty() && open_ < at_once)
            next();
        if (auto ran = event_->run_until([&] { return step(); }); !ran) return tl::unexpected(ran.error());
        return std::move(found_);
    }

  private:
    // Between two turns of the loop: nothing of a look is on the stack.
    bool step() {
        while (!waiting_.empty() && open_ < at_once)
            next();
        return open_ == 0;
    }

    void next() {
        std::string top = waiting_.front();
        waiting_.pop_front();
        ++open_;
        looks_.push_back(std::make_unique<Look>(
            *event_, top, timeout_,
            [this, top](const std::optional<std::string>& stale,
                        const std::optional<std::string>& not_checked) {
                --open_;
                if (stale)
                    add(top, "checkout-stale", "'" + top + "', the checkout that is deployed from, " + *stale,
                        "git -C " + shell_word(top) +
                            " status, then check out and pull what is to be deployed");
                if (not_checked)
                    add(top, "not-checked", "cannot look into the checkout '" + top + "': " + *not_checked,
                        "git -C " + shell_word(top) + " status");
            }));
        looks_.back()->start();
    }

    void add(const std::string& top, std::string_view code, const std::string& cause,
             const std::string& remedy) {
        const auto& users = by_top_.at(top);
        const Spec& first = *users.front();
        Diagnostic one = finding(place_of(first), code, cause, remedy);
        for (const Spec* spec : users)
            one.units.push_back(spec->unit.name);
        found_.push_back(std::move(one));
    }

    Duration timeout_;
    std::optional<Event> event_; // before the looks, which end before it does
    std::map<std::string, std::vector<const Spec*>> by_top_;
    std::deque<std::string> waiting_;
    std::vector<std::unique_ptr<Look>> looks_;
    std::size_t open_ = 0;
    Diagnostics found_;
};

} // namespace

Result<Diagnostics> find_stale_checkouts(std::span<const Spec> specs, Duration timeout) {
    Round round(specs, timeout);
    auto found = round.run();
    if (found)
        std::sort(found->begin(), found->end(),
                  [](const Diagnostic& a, const Diagnostic& b) { return a.cause < b.cause; });
    return found;
}

} // namespace unitgate

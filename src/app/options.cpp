// SPDX-License-Identifier: MIT
#include "app/options.hpp"

#include <getopt.h>

#include "base/text.hpp"

namespace unitgate {

namespace {

// "unitgate run --help"
std::string help_call(const Verb* verb) {
    return "unitgate " + (verb ? std::string(verb->name) + " " : std::string()) + "--help";
}

tl::unexpected<Error> usage_error(std::string message, const Verb* verb, std::string_view meant = {}) {
    std::string remedy =
        meant.empty() ? "type '" + help_call(verb) + "'"
                      : "did you mean '" + std::string(meant) + "'? '" + help_call(verb) + "' lists all";
    return fail(std::move(message), std::move(remedy));
}

template <class Rows>
std::string_view nearest_row(std::string_view word, const Rows& rows) {
    std::vector<std::string_view> names;
    for (const auto& row : rows)
        names.push_back(row.name);
    return nearest(word, names);
}

// getopt(3) keeps its state in globals and wants char*[]; this holds both for one pass.
class Pass {
  public:
    // `verb` adds its own options to the global ones; `stop_at_word` ends at the first word that is no
    // option.
    Pass(const std::vector<std::string>& arguments, const Verb* verb, bool stop_at_word)
        : arguments_(arguments), verb_(verb), letters_(stop_at_word ? "+:" : ":") {
        for (auto& argument : arguments_)
            argv_.push_back(argument.data());
        argv_.push_back(nullptr);
        for (const Option& option : global_options())
            rows_.push_back(&option);
        if (verb)
            for (const Option& option : verb->options)
                rows_.push_back(&option);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            names_.emplace_back(rows_[i]->name);
            if (rows_[i]->letter) letters_ += rows_[i]->letter;
            if (rows_[i]->letter && !rows_[i]->argument.empty()) letters_ += ':';
        }
        for (std::size_t i = 0; i < rows_.size(); ++i)
            table_.push_back({names_[i].c_str(), rows_[i]->argument.empty() ? no_argument : required_argument,
                              nullptr, first_value + static_cast<int>(i)});
        table_.push_back({});
        ::optind = 0; // a new vector (GNU)
        ::opterr = 0;
    }

    // The next option and its argument; null at the end.
    Result<const Option*> next(std::string& argument) {
        int before = ::optind == 0 ? 1 : ::optind;
        int got = ::getopt_long(static_cast<int>(argv_.size()) - 1, argv_.data(), letters_.c_str(),
                                table_.data(), nullptr);
        if (got == -1) return nullptr;
        if (got == '?' || got == ':') return bad(got, before);
        argument = ::optarg ? ::optarg : "";
        if (got >= first_value) return rows_[static_cast<std::size_t>(got - first_value)];
        for (const Option* row : rows_)
            if (row->letter == got) return row;
        return nullptr;
    }

    std::vector<std::string> rest() const {
        std::vector<std::string> words;
        for (auto i = static_cast<std::size_t>(::optind); i + 1 < argv_.size(); ++i)
            words.emplace_back(argv_[i]);
        return words;
    }

  private:
    static constexpr int first_value = 256; // above every letter

    tl::unexpected<Error> bad(int got, int before) const {
        // In the middle of "-xy" optind stands still.
        std::string_view word = argv_[::optind > before ? static_cast<std::size_t>(::optind) - 1
                                                        : static_cast<std::size_t>(before)];
        std::string typed(word.substr(0, word.find('=')));
        if (got == ':') return usage_error("option '" + typed + "' needs an argument", verb_);
        if (::optopt >= first_value) {
            std::string name(rows_[static_cast<std::size_t>(::optopt - first_value)]->name);
            return usage_error("option '--" + name + "' takes no argument", verb_);
        }
        if (::optopt != 0)
            return usage_error("unknown option '-" + std::string(1, static_cast<char>(::optopt)) + "'",
                               verb_);
        std::vector<std::string_view> known;
        std::size_t begins = 0;
        for (const std::string& name : names_) {
            known.push_back(name);
            begins += name.starts_with(std::string_view(typed).substr(2));
        }
        if (begins > 1) return usage_error("option '" + typed + "' is short for more than one", verb_);
        std::string meant(nearest(std::string_view(typed).substr(2), known));
        if (!meant.empty()) meant.insert(0, "--");
        std::string on = verb_ ? " of '" + std::string(verb_->name) + "'" : "";
        return usage_error("unknown option '" + typed + "'" + on, verb_, meant);
    }

    std::vector<std::string> arguments_;
    const Verb* verb_;
    std::string letters_;
    std::vector<char*> argv_;
    std::vector<const Option*> rows_;
    std::vector<std::string> names_;
    std::vector<::option> table_;
};

Status take(Pass& pass, const Verb* verb, CommandLine& into) {
    Invocation& invocation = into.invocation;
    std::string argument;
    for (;;) {
        auto option = pass.next(argument);
        if (!option) return tl::unexpected(option.error());
        if (!*option) return {};
        std::string_view name = (*option)->name;
        if (!(*option)->argument.empty() && argument.empty())
            return usage_error("option '--" + std::string(name) + "' needs an argument that is not empty",
                               verb);
        if (name == "help")
            into.asks = CommandLine::Asks::help;
        else if (name == "version") {
            if (into.asks != CommandLine::Asks::help) into.asks = CommandLine::Asks::version;
        } else if (name == "json")
            invocation.json = true;
        else if (name == "no-pager")
            invocation.pager = false;
        else if (name == "specs")
            invocation.spec_folders.push_back(argument);
        else if (name == "state")
            invocation.state_folder = argument;
        else
            invocation.options[std::string(name)] = argument;
    }
}

Status check_count(const Verb& verb, std::string_view sub_verb, std::string_view shown, std::size_t least,
                   std::size_t most, const std::vector<std::string>& given) {
    std::string what =
        "'" + std::string(verb.name) + (sub_verb.empty() ? "" : " " + std::string(sub_verb)) + "'";
    if (given.size() < least) return usage_error(what + " needs " + std::string(shown), &verb);
    if (given.size() > most)
        return usage_error(what + " takes " + (most == 0 ? "no argument" : "only " + std::string(shown)) +
                               ", not '" + given[most] + "'",
                           &verb);
    return {};
}

Status check(Invocation& invocation) {
    const Verb& verb = *invocation.verb;
    auto& words = invocation.arguments;
    for (const Option& option : verb.options)
        if (option.required && !invocation.has(option.name))
            return usage_error("'" + std::string(verb.name) + "' needs --" + std::string(option.name) + " " +
                                   std::string(option.argument),
                               &verb);
    if (verb.sub_verbs.empty()) return check_count(verb, {}, verb.arguments, verb.least, verb.most, words);
    if (words.empty()) {
        for (const SubVerb& sub : verb.sub_verbs)
            if (sub.by_default) invocation.sub_verb = sub.name;
        if (!invocation.sub_verb.empty()) return {};
        return usage_error("'" + std::string(verb.name) + "' needs a word that says what to do", &verb);
    }
    for (const SubVerb& sub : verb.sub_verbs) {
        if (sub.name != words[0]) continue;
        invocation.sub_verb = sub.name;
        words.erase(words.begin());
        return check_count(verb, sub.name, sub.arguments, sub.least, sub.most, words);
    }
    return usage_error("'" + std::string(verb.name) + "' does not know '" + words[0] + "'", &verb,
                       nearest_row(words[0], verb.sub_verbs));
}

} // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
    CommandLine line;
    std::vector<std::string> argv{"unitgate"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());

    Pass first(argv, nullptr, true);
    if (auto status = take(first, nullptr, line); !status) return tl::unexpected(status.error());
    std::vector<std::string> words = first.rest();
    if (words.empty()) {
        if (line.asks == CommandLine::Asks::verb) return usage_error("no verb given", nullptr);
        return line;
    }
    const Verb* verb = find_verb(words[0]);
    if (!verb) return usage_error("unknown verb '" + words[0] + "'", nullptr, nearest_row(words[0], verbs()));
    line.invocation.verb = verb;

    Pass second(words, verb, false);
    if (auto status = take(second, verb, line); !status) return tl::unexpected(status.error());
    line.invocation.arguments = second.rest();
    if (!line.invocation.spec_folders.empty()) line.invocation.specs.folders = line.invocation.spec_folders;
    if (line.asks != CommandLine::Asks::verb) return line;
    if (auto status = check(line.invocation); !status) return tl::unexpected(status.error());
    return line;
}

} // namespace unitgate

// SPDX-License-Identifier: MIT
// One finding about one place in one file: what `verify` prints and what a bad spec is refused with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace unitgate {

struct SourceFile {
    std::string path; // as it was opened
    std::string text; // the whole file; empty where it could not be read
};
using SourceRef = std::shared_ptr<const SourceFile>;

// Where in a file. line 0: the file as a whole. Columns count bytes from 1, as compilers do.
struct Place {
    const SourceFile* file = nullptr; // kept alive by the SourceRef of the spec it belongs to
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t width = 1; // bytes under the caret
};

enum class Severity { warning, error };

struct Diagnostic {
    Severity severity = Severity::error;
    std::string code; // a stable word: "unknown-key", "bad-duration", ...
    std::string path; // empty: no file is to blame
    std::uint32_t line = 0, column = 0, width = 1;
    std::string source;             // the line of the file, raw
    std::string cause;              // a sentence without full stop
    std::vector<std::string> notes; // more lines between the place and the remedy: a chain, link by link
    std::string remedy;             // what to write or type instead; may be empty
    std::vector<std::string> units; // that it is about; empty: the file at `path` alone
};
using Diagnostics = std::vector<Diagnostic>;

Diagnostic diagnose(const Place& place, std::string code, std::string cause, std::string remedy = {},
                    Severity severity = Severity::error);

bool has_errors(const Diagnostics& all);

// As text, control bytes escaped:
//   /etc/unitgate/specs/proxy.toml:12:1: error: unknown key 'intervall' in [gate] [unknown-key]
//      12 | intervall = "1s"
//         | ^~~~~~~~~
//     remedy: did you mean 'interval'?
// One block a diagnostic, blocks end with a newline. A long line is shown in part. Without the lines of the
// source it may go to the journal: causes and remedies repeat no secret, a source line may hold one.
enum class SourceLines { shown, left_out };
std::string format_diagnostic(const Diagnostic& one, SourceLines lines = SourceLines::shown);
std::string format_diagnostics(const Diagnostics& all, SourceLines lines = SourceLines::shown);
// "PATH:LINE: CAUSE", raw: what there is room for in an alert or a table.
std::string one_line(const Diagnostic& one);

} // namespace unitgate

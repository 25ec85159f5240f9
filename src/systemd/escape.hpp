// SPDX-License-Identifier: MIT
// Values of a unit file, escaped so that systemd reads back exactly what was given, or says that it cannot be
// written at all. systemd has three readings and each needs its own form: raw text, an absolute path, and the
// words of a command line. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unitgate {

// Description=: '%' doubled (systemd.unit(5), specifiers); control bytes shown as \n, \x1b; a backslash at
// the end kept from joining the next line.
std::string unit_text_value(std::string_view text);

// SourcePath=, the path of LoadCredential=: read to the end of the line and without any quoting. nullopt
// where no line can hold it: a control byte, broken UTF-8, a blank at its end.
std::optional<std::string> unit_path_value(std::string_view path);

// One argument of ExecStart= (systemd.service(5), command lines): quoted where needed, '%' and '$' doubled.
std::string exec_argument(std::string_view argument);

// Whether systemd takes it as the name of a unit, with its suffix: "docker.service" (systemd.unit(5)).
bool is_unit_name(std::string_view name);

// As is_unit_name, and a service that can be started by this name: no template.
bool is_service_name(std::string_view name);

} // namespace unitgate

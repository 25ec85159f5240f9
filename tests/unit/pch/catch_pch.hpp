// SPDX-License-Identifier: MIT
// Read once for all unit tests.
#include "../catch.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

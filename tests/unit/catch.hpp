// SPDX-License-Identifier: MIT
// Catch2 2 (Debian 12) and 3 (Debian 13): the one place that knows the difference.
#pragma once

#if CATCH2_VERSION == 3
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#else
#include <catch2/catch.hpp>
#endif

// SPDX-License-Identifier: MIT
// A visitor for std::visit out of lambdas, one for each alternative.
#pragma once

namespace unitgate {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

} // namespace unitgate

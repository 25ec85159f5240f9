// SPDX-License-Identifier: MIT
#include "io/shared_library.hpp"

namespace unitgate {

Result<SharedLibrary> SharedLibrary::open(const char* name, const char* remedy) {
    if (void* handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL)) return SharedLibrary(handle, name, remedy);
    const char* reason = dlerror();
    return fail(std::string("cannot load '") + name + "': " + (reason ? reason : "unknown reason"), remedy);
}

Status SharedLibrary::complete() const {
    if (!missing_) return {};
    return fail(std::string("'") + name_ + "' has no function '" + missing_ + "'", remedy_);
}

} // namespace unitgate

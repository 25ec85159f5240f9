// SPDX-License-Identifier: MIT
// A C library that is opened at its first use, so that verbs without need of it start without it (dlopen(3)).
// It stays open. Used by io/curl_library, io/openssl_library and io/systemd_library; which functions there
// are, those know.
#pragma once

#include <string>

#include <dlfcn.h>

#include "base/error.hpp"

namespace unitgate {

class SharedLibrary {
  public:
    // `name` as the loader finds it ("libcurl.so.4"); `remedy` goes with each error. Both must stay.
    static Result<SharedLibrary> open(const char* name, const char* remedy);
    // `function` gets its own type's symbol.
    template <class Function>
    void look_up(const char* symbol, Function& function) {
        function = reinterpret_cast<Function>(dlsym(handle_, symbol));
        if (!function && !missing_) missing_ = symbol;
    }
    // Fails with the first symbol that was not found.
    Status complete() const;

  private:
    SharedLibrary(void* handle, const char* name, const char* remedy)
        : handle_(handle), name_(name), remedy_(remedy) {}
    void* handle_;
    const char* name_;
    const char* remedy_;
    const char* missing_ = nullptr;
};

// A table of a library's functions: `look_up` (library, table) looks each of them up.
template <class Table, class LookUp>
Result<Table> load_functions(const char* name, const char* remedy, LookUp look_up) {
    auto library = SharedLibrary::open(name, remedy);
    if (!library) return tl::unexpected(library.error());
    Table table{};
    look_up(*library, table);
    if (Status complete = library->complete(); !complete) return tl::unexpected(complete.error());
    return table;
}

} // namespace unitgate

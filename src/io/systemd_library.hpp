// SPDX-License-Identifier: MIT
// libsystemd's functions, looked up at the first use: it brings five libraries along, and a verb that only
// reads files (verify, plan, generate) would spend half of its start on them. Only files of this folder
// include this, and nothing else includes systemd's headers.
#pragma once

#define SD_JOURNAL_SUPPRESS_LOCATION // our source lines say nothing to a reader of the journal
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

namespace unitgate {

#define UNITGATE_SYSTEMD_FUNCTIONS(F)                                                                        \
    F(sd_bus_add_match_async)                                                                                \
    F(sd_bus_attach_event)                                                                                   \
    F(sd_bus_call_async)                                                                                     \
    F(sd_bus_close_unref)                                                                                    \
    F(sd_bus_detach_event)                                                                                   \
    F(sd_bus_error_get_errno)                                                                                \
    F(sd_bus_get_event)                                                                                      \
    F(sd_bus_get_fd)                                                                                         \
    F(sd_bus_match_signal)                                                                                   \
    F(sd_bus_message_append_basic)                                                                           \
    F(sd_bus_message_enter_container)                                                                        \
    F(sd_bus_message_exit_container)                                                                         \
    F(sd_bus_message_get_bus)                                                                                \
    F(sd_bus_message_get_error)                                                                              \
    F(sd_bus_message_get_path)                                                                               \
    F(sd_bus_message_new_method_call)                                                                        \
    F(sd_bus_message_peek_type)                                                                              \
    F(sd_bus_message_read_array)                                                                             \
    F(sd_bus_message_read_basic)                                                                             \
    F(sd_bus_message_skip)                                                                                   \
    F(sd_bus_message_unref)                                                                                  \
    F(sd_bus_new)                                                                                            \
    F(sd_bus_open_system)                                                                                    \
    F(sd_bus_open_system_machine)                                                                            \
    F(sd_bus_open_system_remote)                                                                             \
    F(sd_bus_open_user)                                                                                      \
    F(sd_bus_open_user_machine)                                                                              \
    F(sd_bus_path_decode)                                                                                    \
    F(sd_bus_path_encode)                                                                                    \
    F(sd_bus_set_address)                                                                                    \
    F(sd_bus_slot_set_destroy_callback)                                                                      \
    F(sd_bus_slot_set_floating)                                                                              \
    F(sd_bus_slot_unref)                                                                                     \
    F(sd_bus_start)                                                                                          \
    F(sd_event_add_child)                                                                                    \
    F(sd_event_add_defer)                                                                                    \
    F(sd_event_add_io)                                                                                       \
    F(sd_event_add_signal)                                                                                   \
    F(sd_event_add_time)                                                                                     \
    F(sd_event_exit)                                                                                         \
    F(sd_event_get_exit_code)                                                                                \
    F(sd_event_get_state)                                                                                    \
    F(sd_event_loop)                                                                                         \
    F(sd_event_new)                                                                                          \
    F(sd_event_run)                                                                                          \
    F(sd_event_source_disable_unref)                                                                         \
    F(sd_event_source_get_event)                                                                             \
    F(sd_event_source_set_enabled)                                                                           \
    F(sd_event_source_set_priority)                                                                          \
    F(sd_event_source_set_time)                                                                              \
    F(sd_event_unref)                                                                                        \
    F(sd_id128_from_string)                                                                                  \
    F(sd_id128_get_boot)                                                                                     \
    F(sd_id128_randomize)                                                                                    \
    F(sd_id128_to_string)                                                                                    \
    F(sd_journal_sendv)                                                                                      \
    F(sd_pid_get_unit)                                                                                       \
    F(sd_pid_get_user_unit)

struct SystemdLibrary {
#define UNITGATE_MEMBER(name) decltype(&::name) name;
    UNITGATE_SYSTEMD_FUNCTIONS(UNITGATE_MEMBER)
#undef UNITGATE_MEMBER
};

// Loads it once and never lets go of it. Where that fails it ends the program as the loader would have done
// before main(): with what is missing on standard error and 127. No host of systemd's is without it.
const SystemdLibrary& libsystemd();

} // namespace unitgate

// SPDX-License-Identifier: MIT
#include "io/listen_watch.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace unitgate {

namespace {

// Each of the ring's two pages of counters is mapped by itself; the entries, which say nothing, are not.
class Page {
  public:
    Page() = default;
    Page(int fd, int protection, off_t offset)
        : at_(::mmap(nullptr, size(), protection, MAP_SHARED, fd, offset)) {}
    Page(Page&& other) noexcept : at_(std::exchange(other.at_, MAP_FAILED)) {}
    Page& operator=(Page&& other) noexcept {
        std::swap(at_, other.at_);
        return *this;
    }
    ~Page() {
        if (at_ != MAP_FAILED) ::munmap(at_, size());
    }
    static std::size_t size() {
        static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return bytes;
    }
    explicit operator bool() const { return at_ != MAP_FAILED; }
    std::atomic_ref<std::uint64_t> counter() const {
        return std::atomic_ref(*static_cast<std::uint64_t*>(at_));
    }

  private:
    void* at_ = MAP_FAILED;
};

int call_bpf(bpf_cmd command, bpf_attr& attributes) {
    return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

Fd make_ring() {
    bpf_attr ring{};
    ring.map_type = BPF_MAP_TYPE_RINGBUF;
    ring.max_entries = static_cast<std::uint32_t>(Page::size());
    return Fd(call_bpf(BPF_MAP_CREATE, ring));
}

constexpr bpf_insn instruction(int code, int to, int from, short offset, int value) {
    bpf_insn made{};
    made.code = static_cast<std::uint8_t>(code);
    made.dst_reg = static_cast<std::uint8_t>(to & 0xf);
    made.src_reg = static_cast<std::uint8_t>(from & 0xf);
    made.off = offset;
    made.imm = value;
    return made;
}

// if (new_state == TCP_LISTEN) bpf_ringbuf_output(ring, &new_state, 8, BPF_RB_FORCE_WAKEUP); return 0;
// The tracepoint's arguments, eight bytes each: socket, old state, new state.
Fd load_program(int ring) {
    const std::array program{
        instruction(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_1, 16, 0),
        instruction(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 8, TCP_LISTEN),
        instruction(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_2, -8, 0),
        instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, ring), // takes two
        instruction(0, 0, 0, 0, 0),
        instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
        instruction(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -8),
        instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 8),
        instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, BPF_RB_FORCE_WAKEUP),
        instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ringbuf_output),
        instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
        instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    static constexpr char license[] = "MIT";
    bpf_attr load{};
    load.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
    load.insns = reinterpret_cast<std::uint64_t>(program.data());
    load.insn_cnt = program.size();
    load.license = reinterpret_cast<std::uint64_t>(license);
    return Fd(call_bpf(BPF_PROG_LOAD, load));
}

Fd attach(int program) {
    static constexpr char tracepoint[] = "inet_sock_set_state";
    bpf_attr where{};
    where.raw_tracepoint.name = reinterpret_cast<std::uint64_t>(tracepoint);
    where.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program);
    return Fd(call_bpf(BPF_RAW_TRACEPOINT_OPEN, where));
}

} // namespace

struct ListenWatch::State {
    Fd ring, program, attached; // closed in the opposite order, the kernel keeps nothing after that
    Page consumed, produced;
    std::function<void()> on_listen;
    Source readable;
};

ListenWatch::ListenWatch() : state_(std::make_unique<State>()) {}
ListenWatch::~ListenWatch() = default;

Result<std::unique_ptr<ListenWatch>> ListenWatch::open(const Event& event, std::function<void()> on_listen) {
    constexpr const char* attempt = "cannot watch for sockets that begin to listen";
    std::unique_ptr<ListenWatch> watch(new ListenWatch);
    State& state = *watch->state_;
    state.ring = make_ring();
    if (!state.ring) return fail_errno(attempt, errno);
    state.program = load_program(state.ring.get());
    if (!state.program) return fail_errno(attempt, errno);
    state.consumed = Page(state.ring.get(), PROT_READ | PROT_WRITE, 0);
    state.produced = Page(state.ring.get(), PROT_READ, static_cast<off_t>(Page::size()));
    if (!state.consumed || !state.produced) return fail_errno(attempt, errno);
    state.on_listen = std::move(on_listen);
    Result<Source> readable = add_io(event, state.ring.get(), EPOLLIN, [&state](std::uint32_t) {
        state.consumed.counter() = state.produced.counter().load();
        state.on_listen();
    });
    if (!readable) return tl::unexpected(readable.error());
    state.readable = *std::move(readable);
    state.attached = attach(state.program.get());
    if (!state.attached) return fail_errno(attempt, errno);
    return watch;
}

} // namespace unitgate

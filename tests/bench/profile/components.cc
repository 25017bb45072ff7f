#include "tests/bench/profile/components.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace renkei::bench {
namespace {

struct Naming {
  absl::string_view begins;
  absl::string_view component;
};

// The first that fits counts.
constexpr std::array kNamespaces = {
    Naming{"renkei::v1::", "protobuf"},
    Naming{"renkei::storage::v1::", "protobuf"},
    Naming{"renkei::config::v1::", "protobuf"},
    Naming{"renkei::crypto::", "ours: storage/crypto"},
    Naming{"renkei::storage::", "ours: storage"},
    Naming{"renkei::domain::", "ours: server/domain"},
    Naming{"renkei::rpc::", "ours: server/rpc"},
    Naming{"renkei::jobs::", "ours: server/jobs"},
    Naming{"renkei::server::", "ours: server"},
    Naming{"renkei::", "ours: storage/base"},
    // Linked from archives.
    Naming{"google::protobuf::", "protobuf"},
    Naming{"grpc", "gRPC"},
    Naming{"gpr_", "gRPC"},
    Naming{"upb_", "gRPC"},
    Naming{"rocksdb::", "RocksDB"},
};
constexpr std::array kLibraries = {
    Naming{"[kernel", "kernel"},
    Naming{"[vdso]", "clock"},
    Naming{"libgrpc", "gRPC"},
    Naming{"libgpr", "gRPC"},
    Naming{"libupb", "gRPC"},
    Naming{"libaddress_sorting", "gRPC"},
    Naming{"libprotobuf", "protobuf"},
    Naming{"librocksdb", "RocksDB"},
    Naming{"liblz4", "RocksDB"},
    Naming{"libzstd", "RocksDB"},
    Naming{"libcrypto", "libcrypto"},
    Naming{"libssl", "libcrypto"},
    Naming{"libabsl", "Abseil"},
    Naming{"libstdc++", "libstdc++"},
    Naming{"libprometheus", "metrics"},
    Naming{"libjemalloc", "malloc and free"},
};
constexpr std::array kAllocation = {
    Naming{"malloc", ""},
    Naming{"_int_", ""},
    Naming{"free", ""},
    Naming{"cfree", ""},
    Naming{"__libc_", ""},
    Naming{"unlink_chunk", ""},
    Naming{"calloc", ""},
    Naming{"realloc", ""},
    Naming{"tcache", ""},
    Naming{"operator new", ""},
    Naming{"operator delete", ""},
    Naming{"systrim", ""},
    Naming{"arena_", ""},
    Naming{"sysmalloc", ""},
    Naming{"je_", ""},
};
// Of the C library, by what stands behind the underscores.
constexpr std::array kMemory = {Naming{"mem", ""}, Naming{"str", ""}};
// The kernel's entries that a server of this kind uses.
constexpr std::array kSystemCalls = {
    Naming{"sendmsg", "sendmsg"},     Naming{"recvmsg", "recvmsg"},
    Naming{"futex", "futex"},         Naming{"epoll", "epoll"},
    Naming{"ppoll", "poll"},          Naming{"poll", "poll"},
    Naming{"fdatasync", "fdatasync"}, Naming{"fsync", "fdatasync"},
    Naming{"write", "write"},         Naming{"pwrite", "write"},
    Naming{"read", "read"},           Naming{"pread", "read"},
};

template <size_t N>
const Naming* Find(const std::array<Naming, N>& namings,
                   absl::string_view name) {
  const auto found = std::find_if(
      namings.begin(), namings.end(), [name](const Naming& naming) {
        return absl::StartsWith(name, naming.begins);
      });
  return found == namings.end() ? nullptr : &*found;
}

bool IsProgram(const Place& place) {
  return absl::StartsWith(place.object, "renkeid");
}

bool IsKernel(const Place& place) {
  return absl::StartsWith(place.object, "[kernel") ||
         absl::StartsWith(place.object, "[guest.kernel");
}

bool IsCLibrary(const Place& place) {
  return absl::StartsWith(place.object, "libc.so") ||
         absl::StartsWith(place.object, "libc-") ||
         absl::StartsWith(place.object, "ld-linux");
}

// Where the kernel was entered: a function of its own, or of the C library's
// that calls it. Nothing for what is no system call.
absl::string_view SystemCallOf(const Place& place) {
  absl::string_view name = place.function;
  for (const absl::string_view prefix :
       {"__x64_sys_", "__arm64_sys_", "__sys_", "ksys_"}) {
    if (IsKernel(place) && absl::ConsumePrefix(&name, prefix)) {
      return name;
    }
  }
  if (IsCLibrary(place)) {
    for (const absl::string_view prefix : {"__GI_", "__libc_", "__lll_"}) {
      absl::ConsumePrefix(&name, prefix);
    }
    absl::ConsumePrefix(&name, "__libc_");
    // Abseil's locks, and what wakes them.
    return name == "syscall" || absl::StartsWith(name, "lock_") ? "futex"
                                                                : name;
  }
  return {};
}

std::string KernelComponent(const Sample& sample) {
  for (const Place& place : sample.places) {
    if (place.function == "asm_exc_page_fault") {
      return "kernel: page faults";
    }
    if (absl::StartsWith(place.function, "asm_sysvec") ||
        absl::StartsWith(place.function, "asm_common_interrupt")) {
      return "kernel: interrupts";
    }
    const Naming* call = Find(kSystemCalls, SystemCallOf(place));
    if (call != nullptr) {
      return absl::StrCat("kernel: ", call->component);
    }
    if (!IsKernel(place)) {
      break;
    }
  }
  return "kernel: other";
}

std::string CLibraryComponent(absl::string_view function) {
  if (Find(kAllocation, function) != nullptr) {
    return "malloc and free";
  }
  absl::string_view name = function;
  while (absl::ConsumePrefix(&name, "_")) {
  }
  return Find(kMemory, name) != nullptr ? "memcpy, memcmp and the like"
                                        : "libc: locks and other";
}

// That of the innermost function whose name tells: a library's, or a folder of
// ours.
std::string ProgramComponent(const Sample& sample) {
  const absl::string_view innermost = sample.places.front().function;
  if (absl::StartsWith(innermost, "absl::") &&
      !absl::StrContains(innermost, "renkei::")) {
    return "Abseil";
  }
  for (const Place& place : sample.places) {
    const Naming* naming =
        IsProgram(place) ? Find(kNamespaces, place.function) : nullptr;
    if (naming != nullptr) {
      return std::string(naming->component);
    }
  }
  return "templates of libraries";
}

}  // namespace

std::string ComponentOf(const Sample& sample) {
  const Place& place = sample.places.front();
  if (IsProgram(place)) {
    return Find(kAllocation, place.function) != nullptr
               ? "malloc and free"
               : ProgramComponent(sample);
  }
  if (IsCLibrary(place)) {
    return CLibraryComponent(place.function);
  }
  const Naming* library = Find(kLibraries, place.object);
  if (library == nullptr) {
    return "other";
  }
  if (library->component == "libstdc++" &&
      Find(kAllocation, place.function) != nullptr) {
    return "malloc and free";
  }
  return library->component == "kernel" ? KernelComponent(sample)
                                        : std::string(library->component);
}

bool IsOurs(const Place& place) {
  const Naming* naming =
      IsProgram(place) ? Find(kNamespaces, place.function) : nullptr;
  return naming != nullptr && absl::StartsWith(naming->component, "ours");
}

std::string ShortNameOf(absl::string_view function) {
  const std::string plain =
      absl::StrReplaceAll(function, {{"(anonymous namespace)::", ""},
                                     {"renkei::", ""},
                                     {"operator()", "operator"}});
  std::string name;
  int depth = 0;
  for (const char letter : plain) {
    depth -= letter == '>' || letter == ')' ? 1 : 0;
    if (depth == 0 && letter != '>' && letter != ')' && letter != '<' &&
        letter != '(') {
      name += letter;
    }
    depth += letter == '<' || letter == '(' ? 1 : 0;
  }
  return name;
}

}  // namespace renkei::bench

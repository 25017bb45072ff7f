// What the audit log costs, in one run: appending with and without the tree,
// proofs, their sizes, an export and its verification.
//   audit_log EVENTS      1000000 for the figures in README.md
#include <time.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/audit/proof.h"
#include "client/audit/verify.h"
#include "server/domain/audit.h"
#include "server/domain/audit_proofs.h"
#include "server/domain/audit_tree.h"
#include "server/jobs/checkpoints.h"
#include "storage/base/check.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Must;
using ::renkei::testing::World;

constexpr uint64_t kBatch = 1000;
constexpr int kProofs = 10'000;

// Of this process, all threads.
double CpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) +
         static_cast<double>(spent.tv_nsec) * 1e-9;
}

double CpuOf(const std::function<void()>& work) {
  const double before = CpuSeconds();
  work();
  return CpuSeconds() - before;
}

// An event as a page of messages that was read leaves it.
void Fill(const World& world, const Actor& actor, domain::WriteCall& call) {
  call.note.network = world.network();
  call.note.actor = actor.person;
  call.note.actor_facility = actor.facility;
  call.note.actor_affiliation = actor.affiliation;
  call.note.actor_profession = "visiting_nurse";
  call.note.patient = *PatientId::FromBytes(actor.session.bytes());
  call.note.group = *GroupId::FromBytes(actor.session.bytes());
  call.note.hosting_facility = actor.facility;
  call.note.first_message = 1;
  call.note.last_message = 50;
  call.note.messages = 50;
}

void AppendEvents(World& world, const Actor& actor, uint64_t events) {
  for (uint64_t done = 0; done < events; done += kBatch) {
    world.Change([&](storage::Transaction& tx) -> absl::Status {
      domain::WriteCall call = domain::NewWriteCall(
          tx, std::nullopt, {"192.0.2.1", "01m7yxr5hjkfry0aq2nzcnq8e0"},
          world.keys());
      Fill(world, actor, call);
      for (uint64_t i = 0; i < std::min(kBatch, events - done); ++i) {
        RETURN_IF_ERROR(domain::AppendAuditAs(
            call, domain::AuditType::kMessagesRead, absl::OkStatus()));
      }
      return absl::OkStatus();
    });
  }
}

// Only the tree, of a network of its own.
void AppendToTreeAlone(World& world, uint64_t events) {
  const NetworkId network;
  const std::string leaf(300, 'x');
  for (uint64_t done = 0; done < events; done += kBatch) {
    world.Change([&](storage::Transaction& tx) -> absl::Status {
      for (uint64_t i = done; i < std::min(done + kBatch, events); ++i) {
        RETURN_IF_ERROR(domain::AppendToTree(tx, network, i, leaf));
      }
      return absl::OkStatus();
    });
  }
}

void MeasureProofs(const domain::AuditTree& tree, uint64_t events) {
  size_t hashes = 0;
  const double inclusion = CpuOf([&] {
    for (int i = 0; i < kProofs; ++i) {
      hashes += Must(tree.ProveInclusion(
                         static_cast<uint64_t>(i) * 7919 % events, events))
                    .size();
    }
  });
  std::printf("inclusion proof    %8.1f us  %4.0f bytes\n",
              inclusion / kProofs * 1e6, 32.0 * hashes / kProofs);
  hashes = 0;
  const double consistency = CpuOf([&] {
    for (int i = 0; i < kProofs; ++i) {
      hashes += Must(tree.ProveConsistency(
                         1 + static_cast<uint64_t>(i) * 7919 % events, events))
                    .size();
    }
  });
  std::printf("consistency proof  %8.1f us  %4.0f bytes\n",
              consistency / kProofs * 1e6, 32.0 * hashes / kProofs);
}

std::string Export(World& world, const Actor& auditor) {
  std::string file;
  domain::ExportPlace place;
  place.network = world.network();
  while (!place.ended) {
    CHECK_OK(world.Read(auditor, domain::Action::kExportAuditEvents, 501,
                        [&](domain::ReadCall& call) -> absl::Status {
                          ASSIGN_OR_RETURN(const std::string piece,
                                           domain::ExportPiece(call, place));
                          file += piece;
                          return absl::OkStatus();
                        }));
  }
  return file;
}

void Run(uint64_t events) {
  const std::string folder =
      std::filesystem::temp_directory_path().string() + "/renkei-audit-bench";
  std::filesystem::create_directories(folder);
  World world;
  const Actor auditor =
      world.AddPerson("監査", "clerk", world.AddFacility("役所"));
  world.GrantRole(auditor, storage::v1::ROLE_AUDITOR);

  const auto per_event = [events](double seconds) {
    return seconds / static_cast<double>(events) * 1e6;
  };
  const double all = CpuOf([&] { AppendEvents(world, auditor, events); });
  const double tree_alone = CpuOf([&] { AppendToTreeAlone(world, events); });
  std::printf("append an event    %8.1f us, of it the tree %.1f us\n",
              per_event(all), per_event(tree_alone));
  {
    const storage::Snapshot view = world.Look();
    MeasureProofs(Must(domain::AuditTree::Open(view, world.network())), events);
  }
  jobs::Checkpoints checkpoints(world.store(), world.keys(), "incarnation",
                                folder);
  const double signing =
      CpuOf([&] { CHECK_OK(checkpoints.SignGrown(world.now())); });
  std::printf("sign a checkpoint  %8.1f us\n", signing * 1e6);
  std::string file;
  const double exporting = CpuOf([&] { file = Export(world, auditor); });
  std::printf("export             %8.0f events/s  %.0f bytes an event\n",
              static_cast<double>(events) / exporting,
              static_cast<double>(file.size()) / static_cast<double>(events));
  audit::Verdict verdict;
  const double verifying = CpuOf([&] {
    verdict = audit::Verify({{"export", std::move(file)}}, std::nullopt);
  });
  CHECK(verdict.faults.empty());
  std::printf("verify             %8.0f events/s\n",
              static_cast<double>(events) / verifying);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace renkei

int main(int argc, char** argv) {
  uint64_t events = 0;
  if (argc != 2 || !absl::SimpleAtoi(argv[1], &events) || events == 0) {
    std::fprintf(stderr, "Usage: audit_log EVENTS\n");
    return 2;
  }
  renkei::Run(events);
  return 0;
}

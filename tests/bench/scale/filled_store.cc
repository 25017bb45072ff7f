#include "tests/bench/scale/filled_store.h"

#include "absl/time/clock.h"
#include "server/config.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "tests/bench/scale/fill.h"

namespace renkei::bench {
namespace {

constexpr absl::Duration kSettlingMax = absl::Minutes(5);
constexpr absl::Duration kLook = absl::Seconds(1);
constexpr double kIdleShare = 0.02;

// As the server opens it.
absl::StatusOr<std::unique_ptr<server::OpenedStore>> OpenStoreOf(
    const Product& product) {
  ASSIGN_OR_RETURN(const auto config,
                   server::LoadConfig(product.config_path()));
  ASSIGN_OR_RETURN(const crypto::Secret root, server::ReadRootKey(config));
  return server::OpenedStore::Open(
      config, root,
      {[](const domain::Outcome&) {}, [](const absl::Status&) {}});
}

}  // namespace

absl::StatusOr<FilledStore> MakeFilledStore(const RigOptions& options,
                                            const std::string& name,
                                            const RegionSize& size) {
  FilledStore filled;
  ASSIGN_OR_RETURN(filled.product, Product::Make(options, name, "renkeid"));
  ASSIGN_OR_RETURN(const auto opened, OpenStoreOf(*filled.product));
  ASSIGN_OR_RETURN(const NetworkId network, NetworkOf(opened->store()));
  filled.region = std::make_unique<Region>(network, size);
  RETURN_IF_ERROR(filled.region->Found(*opened));
  return filled;
}

absl::Status FilledStore::FillUpTo(uint64_t messages) const {
  ASSIGN_OR_RETURN(const auto opened, OpenStoreOf(*product));
  // Checkpoints and indexes, as while it is served.
  opened->FollowLogs([](const absl::Status& failed) { CHECK_OK(failed); });
  RETURN_IF_ERROR(region->SignIn(*opened));
  return Fill(*opened, *region, messages);
}

absl::StatusOr<uint64_t> FilledStore::CountMessages() const {
  ASSIGN_OR_RETURN(const auto opened, OpenStoreOf(*product));
  return bench::CountMessages(opened->store(), *region);
}

absl::Status FilledStore::Serve() const {
  {
    ASSIGN_OR_RETURN(const auto opened, OpenStoreOf(*product));
    RETURN_IF_ERROR(region->SignIn(*opened));
  }
  RETURN_IF_ERROR(product->Serve());
  const absl::Time until = absl::Now() + kSettlingMax;
  absl::Duration used = absl::InfiniteDuration();
  while (used > kLook * kIdleShare && absl::Now() < until) {
    const absl::Duration before = product->process().Cpu();
    absl::SleepFor(kLook);
    used = product->process().Cpu() - before;
  }
  return absl::OkStatus();
}

}  // namespace renkei::bench

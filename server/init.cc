#include "server/init.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/config.h"
#include "server/domain/bootstrap.h"
#include "server/domain/credentials.h"
#include "server/opened_store.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "storage/crypto/root_key.h"

namespace renkei::server {
namespace {

// On disk when it returns OK; AlreadyExists when there is such a file.
absl::Status WritePrivateFile(const std::string& path, absl::string_view text) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return errno == EEXIST
               ? absl::AlreadyExistsError(
                     absl::StrCat(path, ": exists already"))
               : absl::UnavailableError(absl::StrCat(path, ": cannot be made"));
  }
  const bool written = write(file, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       fsync(file) == 0;
  close(file);
  return written ? absl::OkStatus()
                 : absl::UnavailableError(
                       absl::StrCat(path, ": cannot be written"));
}

absl::Status CheckNothingIsThere(const config::v1::ServerConfig& config) {
  for (const std::string& folder : {config.data_dir(), config.key_dir()}) {
    std::error_code failed;
    if (std::filesystem::exists(folder, failed) &&
        !std::filesystem::is_empty(folder, failed)) {
      return absl::AlreadyExistsError(
          absl::StrCat(folder, ": not empty; init is done once"));
    }
    std::filesystem::create_directories(folder, failed);
    if (failed) {
      return absl::UnavailableError(
          absl::StrCat(folder, ": ", failed.message()));
    }
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all,
                                 failed);
  }
  if (std::filesystem::exists(config.audit_mark_file())) {
    return absl::AlreadyExistsError(absl::StrCat(
        config.audit_mark_file(), ": exists already; init is done once"));
  }
  return absl::OkStatus();
}

absl::Status FoundNetwork(OpenedStore& opened,
                          const domain::NewNetwork& network) {
  std::promise<absl::Status> founded;
  opened.store().Write(
      storage::WriteKind::kChange,
      [&](storage::Transaction& tx) -> absl::Status {
        domain::WriteCall call =
            domain::NewWriteCall(tx, std::nullopt, {}, opened.keys());
        const absl::Status created =
            domain::CreateNetwork(call, network).status();
        if (!created.ok()) {
          tx.DropEffects();
        }
        return created;
      },
      [&founded](const absl::Status& status) { founded.set_value(status); });
  return founded.get_future().get();
}

}  // namespace

absl::Status Init(const config::v1::ServerConfig& config,
                  const InitRequest& request) {
  const std::string root_key_path = request.root_key_out.empty()
                                        ? config.root_key_file()
                                        : request.root_key_out;
  if (root_key_path.empty()) {
    return absl::InvalidArgumentError(
        "--root-key-out: required, since the configuration names no "
        "root_key_file");
  }
  if (request.password_out.empty()) {
    return absl::InvalidArgumentError("--password-out: required");
  }
  domain::NewNetwork network;
  network.network = NetworkId::Make(absl::Now(), crypto::RandomIdBytes());
  network.code = request.network_code;
  network.display_name = request.network_name;
  network.by_law.variant =
      storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN_OR_PERMITTED;
  network.by_law.version = "1";
  network.office_login = request.office_login;
  network.office_name = request.network_name;
  RETURN_IF_ERROR(domain::CheckNewNetwork(network));
  RETURN_IF_ERROR(CheckNothingIsThere(config));

  const crypto::Secret root = crypto::Secret::Random(crypto::kKeyBytes);
  RETURN_IF_ERROR(
      WritePrivateFile(root_key_path, crypto::FormatRootKey(root) + "\n"));
  RETURN_IF_ERROR(
      storage::KeyStore::Create(config.key_dir(), root, absl::Now()));
  ASSIGN_OR_RETURN(const std::unique_ptr<OpenedStore> opened,
                   OpenedStore::Open(config, root,
                                     {[](const domain::Outcome&) {},
                                      [](const absl::Status&) {}}));
  RETURN_IF_ERROR(
      opened->key_store().CreateNetworkKey(network.network, absl::Now()));
  ASSIGN_OR_RETURN(const domain::InitialCredentials credentials,
                   domain::NewInitialCredentials(
                       opened->keys(), network.network, PasswordCost(config)));
  network.password_hash = credentials.hash;
  RETURN_IF_ERROR(WritePrivateFile(request.password_out,
                                   credentials.one_time_password + "\n"));
  return FoundNetwork(*opened, network);
}

}  // namespace renkei::server

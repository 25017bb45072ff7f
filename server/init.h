// `renkeid init`: key store, store, root key file, one network and its office's
// one-time password, once.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "renkei/config/v1/config.pb.h"

namespace renkei::server {

struct InitRequest {
  std::string network_code;
  std::string network_name;
  std::string office_login;
  std::string
      password_out;  // file for the one-time password, made with mode 0600
  std::string
      root_key_out;  // empty: where the configuration names root_key_file
};

// AlreadyExists when there is a store or a key store already, or one of the
// files: nothing is changed then. InvalidArgument names the flag.
absl::Status Init(const config::v1::ServerConfig& config,
                  const InitRequest& request);

}  // namespace renkei::server

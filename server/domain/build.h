// Which build of the server wrote an audit event.
#pragma once

#include "absl/strings/string_view.h"

namespace renkei::domain {

inline constexpr absl::string_view kServerBuild = "0.1.0";

}  // namespace renkei::domain

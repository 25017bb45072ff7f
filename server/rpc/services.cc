// How services begin and end, apart from what they do: gRPC's templates for all
// of their methods are made here, once. SyncService has two and keeps its own.
#include <utility>

#include "server/rpc/admin_service.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/directory_service.h"
#include "server/rpc/group_service.h"
#include "server/rpc/message_service.h"
#include "server/rpc/session_service.h"

namespace renkei::rpc {

AdminServiceHandler::AdminServiceHandler(Calls& calls, ServerState state)
    : calls_(calls), state_(std::move(state)) {}

AdminServiceHandler::~AdminServiceHandler() = default;

AuditServiceHandler::AuditServiceHandler(Calls& calls, Workers& workers)
    : calls_(calls), workers_(workers) {}

AuditServiceHandler::~AuditServiceHandler() = default;

DirectoryServiceHandler::DirectoryServiceHandler(Calls& calls,
                                                 Workers& password_workers,
                                                 const crypto::Argon2Cost& cost)
    : calls_(calls), password_workers_(password_workers), cost_(cost) {}

DirectoryServiceHandler::~DirectoryServiceHandler() = default;

GroupServiceHandler::GroupServiceHandler(Calls& calls, Workers& key_workers,
                                         MakeGroupKey make_group_key)
    : calls_(calls),
      key_workers_(key_workers),
      make_group_key_(std::move(make_group_key)) {}

GroupServiceHandler::~GroupServiceHandler() = default;

MessageServiceHandler::MessageServiceHandler(Calls& calls) : calls_(calls) {}

MessageServiceHandler::~MessageServiceHandler() = default;

OperatorServiceHandler::OperatorServiceHandler(Calls& calls, Workers& workers,
                                               OperatorActions actions)
    : calls_(calls), workers_(workers), actions_(std::move(actions)) {}

OperatorServiceHandler::~OperatorServiceHandler() = default;

SessionServiceHandler::SessionServiceHandler(Calls& calls, Workers& workers,
                                             const crypto::Argon2Cost& cost)
    : calls_(calls), workers_(workers), cost_(cost) {}

SessionServiceHandler::~SessionServiceHandler() = default;

}  // namespace renkei::rpc

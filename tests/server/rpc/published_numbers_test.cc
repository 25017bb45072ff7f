// The domain's numbers are those of the API's enums; every method has its rule.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "renkei/v1/audit_event_type.pb.h"
#include "renkei/v1/errors.pb.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"
#include "server/rpc/errors.h"
#include "server/rpc/method_rules.h"

namespace renkei::rpc {
namespace {

TEST(Reasons, AreThoseOfTheApiByNumberAndName) {
  const auto* published = v1::ErrorReason_descriptor();
  for (int i = 1; i < published->value_count(); ++i) {
    const auto reason =
        static_cast<domain::Reason>(published->value(i)->number());
    EXPECT_EQ(absl::StrCat("ERROR_REASON_", domain::ReasonName(reason)),
              published->value(i)->name());
  }
}

TEST(Reasons, AreSaidInJapaneseAndEnglish) {
  const auto* published = v1::ErrorReason_descriptor();
  const LocalizedReason nothing = Localize(domain::Reason::kUnspecified);
  for (int i = 1; i < published->value_count(); ++i) {
    const LocalizedReason texts =
        Localize(static_cast<domain::Reason>(published->value(i)->number()));
    EXPECT_NE(texts.japanese, nothing.japanese) << published->value(i)->name();
    EXPECT_NE(texts.english, nothing.english) << published->value(i)->name();
  }
}

TEST(AuditTypes, AreThoseOfTheApi) {
  EXPECT_EQ(static_cast<int>(domain::AuditType::kNone),
            v1::AUDIT_EVENT_TYPE_NONE);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kSignInFailed),
            v1::AUDIT_EVENT_TYPE_SIGN_IN_FAILED);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kAccountLocked),
            v1::AUDIT_EVENT_TYPE_ACCOUNT_LOCKED);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kTokenReuseDetected),
            v1::AUDIT_EVENT_TYPE_TOKEN_REUSE_DETECTED);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kStreamOpened),
            v1::AUDIT_EVENT_TYPE_STREAM_OPENED);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kStreamDelivered),
            v1::AUDIT_EVENT_TYPE_STREAM_DELIVERED);
  EXPECT_EQ(static_cast<int>(domain::AuditType::kServerUnsealed),
            v1::AUDIT_EVENT_TYPE_SERVER_UNSEALED);
}

TEST(MethodRules, AreWholeForEveryMethodOfEveryService) {
  const absl::StatusOr<MethodRules> rules = MethodRules::Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_GE(rules->all().size(), 60u);
}

TEST(MethodRules, LetNobodyInWithoutCredentialsButOnThePublishedList) {
  std::set<std::string> open;
  const absl::StatusOr<MethodRules> rules = MethodRules::Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  for (const auto& [request, rule] : rules->all()) {
    if (rule.audience == v1::AUDIENCE_PUBLIC) {
      open.insert(rule.name);
    }
  }
  EXPECT_EQ(open,
            (std::set<std::string>{
                "AdminService.GetServerInfo", "SessionService.RefreshSession",
                "SessionService.SignIn", "SessionService.VerifySecondFactor"}));
}

}  // namespace
}  // namespace renkei::rpc

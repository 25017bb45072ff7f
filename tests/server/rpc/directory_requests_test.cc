// What the directory's requests must be before anything is asked of the store.
#include "server/rpc/directory_requests.h"

#include <gtest/gtest.h>

#include <functional>

#include "server/domain/refusal.h"
#include "server/rpc/directory_conversion.h"
#include "server/rpc/names.h"
#include "server/rpc/patient_requests.h"
#include "tests/support/status_matchers.h"

namespace renkei::rpc {
namespace {

using domain::Reason;
using ::renkei::testing::RefusedWith;

const absl::Time kNow = absl::FromUnixSeconds(1'775'000'000);
const NetworkId kNetwork = NetworkId::Make(kNow, {1});
const PersonId kPerson = PersonId::Make(kNow, {2});
const FacilityId kFacility = FacilityId::Make(kNow, {3});

std::string Parent() { return Format(NetworkName{kNetwork}); }
std::string Person() { return Format(PersonName{kNetwork, kPerson}); }
std::string Facility() { return Format(FacilityName{kNetwork, kFacility}); }
std::string ForeignFacility() {
  return Format(FacilityName{NetworkId::Make(kNow, {9}), kFacility});
}

// Changes one thing about a good request, and names the field that is refused.
template <typename Request>
struct Fault {
  std::function<void(Request&)> spoil;
  std::string field;
};

template <typename Request>
void ExpectRefusals(const Request& good,
                    const std::vector<Fault<Request>>& faults) {
  ASSERT_OK(Parse(good));
  for (const Fault<Request>& fault : faults) {
    Request spoilt = good;
    fault.spoil(spoilt);
    const absl::Status refused = Parse(spoilt).status();
    EXPECT_THAT(refused, RefusedWith(Reason::kFieldInvalid)) << fault.field;
    EXPECT_EQ(domain::MetadataOf(refused)["field"], fault.field);
  }
}

TEST(CreateFacilityRequest, NamesTheFieldItRefuses) {
  using Request = v1::CreateFacilityRequest;
  Request good;
  good.set_parent(Parent());
  good.mutable_facility()->set_display_name("けやき在宅クリニック");
  good.mutable_facility()->set_kind(v1::Facility::KIND_DAY_CARE);
  good.mutable_facility()->set_number("1310000001");
  ExpectRefusals<Request>(
      good,
      {{[](Request& it) { it.set_parent("networks/x"); }, "parent"},
       {[](Request& it) { it.mutable_facility()->set_display_name(" "); },
        "facility.display_name"},
       {[](Request& it) {
          it.mutable_facility()->set_kind(v1::Facility::KIND_UNSPECIFIED);
        },
        "facility.kind"},
       {[](Request& it) {
          it.mutable_facility()->set_kind(static_cast<v1::Facility::Kind>(99));
        },
        "facility.kind"},
       {[](Request& it) { it.mutable_facility()->set_number("12"); },
        "facility.number"},
       {[](Request& it) {
          it.mutable_facility()->set_telephone(std::string(31, '0'));
        },
        "facility.telephone"}});
  EXPECT_EQ(Parse(good)->kind, "day_care");
}

TEST(UpdateFacilityRequest, FollowsItsMask) {
  v1::UpdateFacilityRequest request;
  request.mutable_facility()->set_name(Facility());
  request.mutable_facility()->set_telephone("042");
  request.mutable_facility()->set_number("1310000001");
  auto change = Parse(request);
  ASSERT_OK(change);
  EXPECT_FALSE(change->display_name);
  EXPECT_FALSE(change->kind);
  EXPECT_EQ(change->telephone, "042");
  EXPECT_EQ(change->number, "1310000001");

  request.mutable_facility()->clear_number();
  request.mutable_update_mask()->add_paths("number");
  change = Parse(request);
  ASSERT_OK(change);
  EXPECT_FALSE(change->telephone);
  EXPECT_EQ(change->number, "");

  request.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"],
            "facility.display_name");
  request.mutable_update_mask()->add_paths("etag");
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"],
            "update_mask");
}

TEST(UpdateNetworkRequest, RefusesByLawsThatAreNotCarriedOut) {
  v1::UpdateNetworkRequest request;
  request.mutable_network()->set_name(Parent());
  v1::ByLaw& by_law = *request.mutable_network()->mutable_by_law();
  by_law.set_version("2026");
  by_law.set_group_creation(v1::ByLaw::GROUP_CREATION_ATTENDING_PHYSICIAN);
  ASSERT_OK(Parse(request));
  by_law.set_group_creation(v1::ByLaw::GROUP_CREATION_BY_INSURANCE);
  EXPECT_THAT(Parse(request), RefusedWith(Reason::kNotSupported));
  by_law.set_group_creation(v1::ByLaw::GROUP_CREATION_UNSPECIFIED);
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"],
            "network.by_law.group_creation");
}

TEST(CreatePersonRequest, NamesTheFieldItRefuses) {
  using Request = v1::CreatePersonRequest;
  Request good;
  good.set_parent(Parent());
  good.mutable_person()->set_login("yumi.somechi");
  good.mutable_person()->mutable_human_name()->set_text("染地 由美");
  good.mutable_affiliation()->set_facility(Facility());
  good.mutable_affiliation()->set_profession("visiting_nurse");
  ExpectRefusals<Request>(
      good,
      {{[](Request& it) { it.mutable_person()->set_login("Yumi"); },
        "person.login"},
       {[](Request& it) {
          it.mutable_person()->mutable_human_name()->clear_text();
        },
        "person.human_name.text"},
       {[](Request& it) {
          it.mutable_person()->mutable_human_name()->set_reading("a\nb");
        },
        "person.human_name.reading"},
       {[](Request& it) { it.mutable_affiliation()->clear_facility(); },
        "affiliation.facility"},
       {[](Request& it) { it.mutable_affiliation()->set_profession("mage"); },
        "affiliation.profession"}});
  good.mutable_affiliation()->set_facility(ForeignFacility());
  EXPECT_THAT(Parse(good), RefusedWith(Reason::kNotFound));
}

TEST(GrantRoleRequest, WantsAFacilityForItsAdministratorOnly) {
  v1::GrantRoleRequest request;
  request.set_parent(Person());
  request.set_role(v1::ROLE_FACILITY_ADMINISTRATOR);
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"], "facility");
  request.set_facility(Facility());
  EXPECT_OK(Parse(request));
  request.set_role(v1::ROLE_AUDITOR);
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"], "facility");
  request.clear_facility();
  EXPECT_OK(Parse(request));
  request.set_role(v1::ROLE_UNSPECIFIED);
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"], "role");
}

TEST(CredentialResetRequests, WantAReasonAndTheResetsName) {
  v1::RequestCredentialResetRequest asked;
  asked.set_parent(Person());
  EXPECT_EQ(domain::MetadataOf(Parse(asked).status())["field"], "reason");
  asked.set_reason("電話機の紛失\n本人から電話");
  EXPECT_OK(Parse(asked));
  v1::ApproveCredentialResetRequest approved;
  approved.set_name(Person());
  EXPECT_EQ(domain::MetadataOf(Parse(approved).status())["field"], "name");
  approved.set_name(Person() + "/credentialReset");
  const auto key = Parse(approved);
  ASSERT_OK(key);
  EXPECT_EQ(key->person, kPerson);
}

TEST(CreatePatientRequest, NamesTheFieldItRefuses) {
  using Request = v1::CreatePatientRequest;
  Request good;
  good.set_parent(Parent());
  good.mutable_patient()->set_insured_number("1234-5678");
  good.mutable_patient()->mutable_human_name()->set_text("調布 花子");
  good.mutable_patient()->set_birth_date("1941-03-07");
  ExpectRefusals<Request>(
      good,
      {{[](Request& it) { it.mutable_patient()->set_insured_number("--"); },
        "patient.insured_number"},
       {[](Request& it) {
          it.mutable_patient()->mutable_human_name()->clear_text();
        },
        "patient.human_name.text"},
       {[](Request& it) { it.mutable_patient()->set_birth_date("1941/3/7"); },
        "patient.birth_date"},
       {[](Request& it) { it.set_facility("けやき"); }, "facility"}});
}

TEST(SearchPatientsRequest, WantsAQueryAndIsBounded) {
  v1::SearchPatientsRequest request;
  request.set_parent(Parent());
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"], "query");
  request.set_exact_name("調布 花子");
  EXPECT_EQ(Parse(request)->limit, 20U);
  request.set_page_size(1000);
  EXPECT_EQ(Parse(request)->limit, 200U);
  request.set_page_size(-1);
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"], "page_size");
  request.set_page_size(0);
  request.set_insured_number("-");
  EXPECT_EQ(domain::MetadataOf(Parse(request).status())["field"],
            "insured_number");
}

TEST(FacilityKindCode, GoesThereAndBackForEveryKind) {
  for (int i = v1::Facility::Kind_MIN + 1; i <= v1::Facility::Kind_MAX; ++i) {
    domain::Facility facility;
    facility.record.set_kind(
        FacilityKindCode(static_cast<v1::Facility::Kind>(i)));
    EXPECT_EQ(ToApi(kNetwork, facility).kind(), i);
  }
}

}  // namespace
}  // namespace renkei::rpc

#include "server/domain/professions.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace renkei::domain {
namespace {

// Written out a second time on purpose: codes lie on disk, so losing or
// renaming one must be seen.
const std::set<std::string> kCertifiable = {"physician",
                                            "dentist",
                                            "pharmacist",
                                            "nurse",
                                            "visiting_nurse",
                                            "public_health_nurse",
                                            "midwife",
                                            "physical_therapist",
                                            "occupational_therapist",
                                            "speech_therapist",
                                            "dental_hygienist",
                                            "dental_technician",
                                            "dietitian",
                                            "radiological_technologist",
                                            "clinical_laboratory_technologist",
                                            "hygiene_laboratory_technician",
                                            "clinical_engineer",
                                            "orthoptist",
                                            "prosthetist_orthotist",
                                            "emergency_life_saving_technician",
                                            "certified_care_worker",
                                            "certified_social_worker",
                                            "mental_health_social_worker",
                                            "public_psychologist",
                                            "judo_therapist",
                                            "massage_therapist",
                                            "acupuncturist",
                                            "moxibustionist"};

const std::set<std::string> kOthers = {"care_manager",
                                       "chief_care_manager",
                                       "home_helper",
                                       "service_lead",
                                       "medical_social_worker",
                                       "facility_counsellor",
                                       "device_adviser",
                                       "disability_support_planner",
                                       "community_support_staff",
                                       "care_coordinator",
                                       "dementia_promoter",
                                       "living_support_coordinator",
                                       "welfare_volunteer",
                                       "clerk",
                                       "ems",
                                       "police",
                                       "lawyer",
                                       "assessor",
                                       "patient",
                                       "family"};

TEST(Professions, AreTheWholeListOfTheProductAndNothingElse) {
  std::set<std::string> certifiable;
  std::set<std::string> others;
  for (const Profession& profession : Professions()) {
    (profession.certifiable ? certifiable : others).emplace(profession.code);
  }
  EXPECT_EQ(certifiable, kCertifiable);
  EXPECT_EQ(others, kOthers);
}

TEST(Professions, HaveUniqueCodesAndNamesInBothLanguages) {
  std::set<absl::string_view> codes;
  std::set<absl::string_view> japanese;
  std::set<absl::string_view> english;
  for (const Profession& profession : Professions()) {
    EXPECT_TRUE(codes.insert(profession.code).second) << profession.code;
    EXPECT_TRUE(japanese.insert(profession.japanese_name).second)
        << profession.code;
    EXPECT_TRUE(english.insert(profession.english_name).second)
        << profession.code;
    EXPECT_FALSE(profession.japanese_name.empty() ||
                 profession.english_name.empty())
        << profession.code;
  }
}

TEST(FindProfession, FindsByExactCodeOnly) {
  const Profession* found = FindProfession("visiting_nurse");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->japanese_name, "訪問看護師");
  EXPECT_EQ(found->group, ProfessionGroup::kMedical);
  EXPECT_EQ(FindProfession("Visiting_Nurse"), nullptr);
  EXPECT_EQ(FindProfession("visiting"), nullptr);
  EXPECT_EQ(FindProfession(""), nullptr);
}

TEST(ProfessionGroupName, NamesEveryGroup) {
  EXPECT_EQ(ProfessionGroupName(ProfessionGroup::kMedical), "medical");
  EXPECT_EQ(ProfessionGroupName(ProfessionGroup::kCare), "care");
  EXPECT_EQ(ProfessionGroupName(ProfessionGroup::kLiaison), "liaison");
  EXPECT_EQ(ProfessionGroupName(ProfessionGroup::kGuest), "guest");
  EXPECT_EQ(ProfessionGroupName(ProfessionGroup::kPatientSide), "patient_side");
}

}  // namespace
}  // namespace renkei::domain

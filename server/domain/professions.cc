#include "server/domain/professions.h"

#include <algorithm>
#include <iterator>

namespace renkei::domain {
namespace {

constexpr ProfessionGroup kMedical = ProfessionGroup::kMedical;
constexpr ProfessionGroup kCare = ProfessionGroup::kCare;
constexpr ProfessionGroup kLiaison = ProfessionGroup::kLiaison;
constexpr ProfessionGroup kGuest = ProfessionGroup::kGuest;
constexpr ProfessionGroup kPatientSide = ProfessionGroup::kPatientSide;

constexpr Profession kProfessions[] = {
    {"physician", "医師", "Physician", kMedical, true},
    {"dentist", "歯科医師", "Dentist", kMedical, true},
    {"pharmacist", "薬剤師", "Pharmacist", kMedical, true},
    {"nurse", "看護師", "Nurse", kMedical, true},
    {"visiting_nurse", "訪問看護師", "Visiting nurse", kMedical, true},
    {"public_health_nurse", "保健師", "Public health nurse", kMedical, true},
    {"midwife", "助産師", "Midwife", kMedical, true},
    {"physical_therapist", "理学療法士", "Physical therapist", kMedical, true},
    {"occupational_therapist", "作業療法士", "Occupational therapist", kMedical,
     true},
    {"speech_therapist", "言語聴覚士", "Speech therapist", kMedical, true},
    {"dental_hygienist", "歯科衛生士", "Dental hygienist", kMedical, true},
    {"dental_technician", "歯科技工士", "Dental technician", kMedical, true},
    {"dietitian", "管理栄養士", "Dietitian", kMedical, true},
    {"radiological_technologist", "診療放射線技師", "Radiological technologist",
     kMedical, true},
    {"clinical_laboratory_technologist", "臨床検査技師",
     "Clinical laboratory technologist", kMedical, true},
    {"hygiene_laboratory_technician", "衛生検査技師",
     "Hygiene laboratory technician", kMedical, true},
    {"clinical_engineer", "臨床工学技士", "Clinical engineer", kMedical, true},
    {"orthoptist", "視能訓練士", "Orthoptist", kMedical, true},
    {"prosthetist_orthotist", "義肢装具士", "Prosthetist and orthotist",
     kMedical, true},
    {"emergency_life_saving_technician", "救急救命士",
     "Emergency life-saving technician", kMedical, true},
    {"certified_care_worker", "介護福祉士", "Certified care worker", kCare,
     true},
    {"certified_social_worker", "社会福祉士", "Certified social worker", kCare,
     true},
    {"mental_health_social_worker", "精神保健福祉士",
     "Mental health social worker", kCare, true},
    {"public_psychologist", "公認心理師", "Certified public psychologist",
     kMedical, true},
    {"judo_therapist", "柔道整復師", "Judo therapist", kMedical, true},
    {"massage_therapist", "あん摩マッサージ指圧師", "Massage therapist",
     kMedical, true},
    {"acupuncturist", "はり師", "Acupuncturist", kMedical, true},
    {"moxibustionist", "きゅう師", "Moxibustionist", kMedical, true},
    {"care_manager", "介護支援専門員", "Care manager", kCare, false},
    {"chief_care_manager", "主任介護支援専門員", "Chief care manager", kCare,
     false},
    {"home_helper", "訪問介護員", "Home helper", kCare, false},
    {"service_lead", "サービス提供責任者", "Home-help service lead", kCare,
     false},
    {"medical_social_worker", "医療ソーシャルワーカー", "Medical social worker",
     kLiaison, false},
    {"facility_counsellor", "生活相談員", "Facility counsellor", kCare, false},
    {"device_adviser", "福祉用具専門相談員", "Assistive-device adviser", kCare,
     false},
    {"disability_support_planner", "相談支援専門員",
     "Disability support planner", kCare, false},
    {"community_support_staff", "地域包括支援センター職員",
     "Community support centre staff", kLiaison, false},
    {"care_coordinator", "在宅医療・介護連携コーディネーター",
     "Care coordinator", kLiaison, false},
    {"dementia_promoter", "認知症地域支援推進員", "Dementia support promoter",
     kLiaison, false},
    {"living_support_coordinator", "生活支援コーディネーター",
     "Living-support coordinator", kLiaison, false},
    {"welfare_volunteer", "民生委員", "Welfare volunteer", kGuest, false},
    {"clerk", "事務職員", "Clerk", kLiaison, false},
    {"ems", "救急隊員", "Ambulance crew", kGuest, false},
    {"police", "警察官", "Police officer", kGuest, false},
    {"lawyer", "弁護士", "Lawyer", kGuest, false},
    {"assessor", "認定調査員", "Care-need assessor", kGuest, false},
    {"patient", "本人", "Patient", kPatientSide, false},
    {"family", "家族", "Family member", kPatientSide, false},
};

}  // namespace

absl::Span<const Profession> Professions() { return kProfessions; }

const Profession* FindProfession(absl::string_view code) {
  const auto* found = std::find_if(
      std::begin(kProfessions), std::end(kProfessions),
      [code](const Profession& profession) { return profession.code == code; });
  return found == std::end(kProfessions) ? nullptr : found;
}

absl::string_view ProfessionGroupName(ProfessionGroup group) {
  switch (group) {
    case ProfessionGroup::kMedical:
      return "medical";
    case ProfessionGroup::kCare:
      return "care";
    case ProfessionGroup::kLiaison:
      return "liaison";
    case ProfessionGroup::kGuest:
      return "guest";
    case ProfessionGroup::kPatientSide:
      return "patient_side";
  }
  return "";
}

}  // namespace renkei::domain

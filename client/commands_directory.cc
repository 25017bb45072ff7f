// network, facilities, professions.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

absl::Status ShowNetwork(Invocation& in) {
  v1::GetNetworkRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), in.Network());
  ASSIGN_OR_RETURN(const v1::Network answer,
                   in.Call(&v1::DirectoryService::Stub::GetNetwork, request));
  return in.output().Show(answer, Describe(answer, in.PlainView()));
}

absl::Status UpdateNetwork(Invocation& in) {
  v1::UpdateNetworkRequest request;
  v1::Network& network = *request.mutable_network();
  ASSIGN_OR_RETURN(*network.mutable_name(), in.Network());
  network.set_etag(in.arguments().Get("etag"));
  if (in.arguments().Has("name")) {
    network.set_display_name(in.arguments().Get("name"));
    request.mutable_update_mask()->add_paths("display_name");
  }
  if (in.arguments().Has("group-creation")) {
    ASSIGN_OR_RETURN(const auto rule,
                     ParseEnum<v1::ByLaw::GroupCreation>(
                         in.arguments().Get("group-creation")));
    network.mutable_by_law()->set_group_creation(rule);
    ASSIGN_OR_RETURN(*network.mutable_by_law()->mutable_version(),
                     in.arguments().Require("by-law-version"));
    request.mutable_update_mask()->add_paths("by_law");
  }
  ASSIGN_OR_RETURN(
      const v1::Network answer,
      in.Call(&v1::DirectoryService::Stub::UpdateNetwork, request));
  return in.output().Show(answer, Describe(answer, in.PlainView()));
}

absl::Status ListFacilities(Invocation& in) {
  v1::ListFacilitiesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(
      const auto answer,
      in.Call(&v1::DirectoryService::Stub::ListFacilities, request));
  const View view = in.PlainView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.facilities(), view),
                           NextPageText(answer.next_page_token(), view)));
}

// Takes over what the options say; returns the names of those fields.
absl::StatusOr<std::vector<std::string>> SetFacility(const Arguments& arguments,
                                                     v1::Facility& facility) {
  std::vector<std::string> fields;
  if (arguments.Has("name")) {
    facility.set_display_name(arguments.Get("name"));
    fields.emplace_back("display_name");
  }
  if (arguments.Has("kind")) {
    ASSIGN_OR_RETURN(const auto kind,
                     ParseEnum<v1::Facility::Kind>(arguments.Get("kind")));
    facility.set_kind(kind);
    fields.emplace_back("kind");
  }
  if (arguments.Has("number")) {
    facility.set_number(arguments.Get("number"));
    fields.emplace_back("number");
  }
  if (arguments.Has("telephone")) {
    facility.set_telephone(arguments.Get("telephone"));
    fields.emplace_back("telephone");
  }
  return fields;
}

absl::Status CreateFacility(Invocation& in) {
  v1::CreateFacilityRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  RETURN_IF_ERROR(
      SetFacility(in.arguments(), *request.mutable_facility()).status());
  ASSIGN_OR_RETURN(
      const v1::Facility answer,
      in.Call(&v1::DirectoryService::Stub::CreateFacility, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status UpdateFacility(Invocation& in) {
  v1::UpdateFacilityRequest request;
  request.mutable_facility()->set_name(in.operand(0));
  request.mutable_facility()->set_etag(in.arguments().Get("etag"));
  ASSIGN_OR_RETURN(const std::vector<std::string> fields,
                   SetFacility(in.arguments(), *request.mutable_facility()));
  for (const std::string& field : fields) {
    request.mutable_update_mask()->add_paths(field);
  }
  ASSIGN_OR_RETURN(
      const v1::Facility answer,
      in.Call(&v1::DirectoryService::Stub::UpdateFacility, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ShowFacility(Invocation& in) {
  v1::GetFacilityRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Facility answer,
                   in.Call(&v1::DirectoryService::Stub::GetFacility, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ListProfessions(Invocation& in) {
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&v1::DirectoryService::Stub::ListProfessions,
                           v1::ListProfessionsRequest()));
  return in.output().Show(answer,
                          Describe(answer.professions(), in.PlainView()));
}

constexpr Option kEtag = {"etag",
                          "ETAG",
                          {"読んだときの etag(変わっていれば拒否)",
                           "etag as read; refused if it changed since"}};
constexpr Option kName = {"name", "NAME", {"名称", "the name"}};

constexpr Option kNetworkOptions[] = {
    kName,
    {"group-creation",
     "RULE",
     {"グループを作れる人: attending_physician または "
      "attending_physician_or_permitted",
      "who may create patient groups: attending_physician or "
      "attending_physician_or_permitted"}},
    {"by-law-version", "VERSION", {"運用規則の版", "version of the by-law"}},
    kEtag,
};
constexpr Option kPageOptions[] = {kPageSize, kPageToken};
constexpr Option kFacilityOptions[] = {
    kName,
    {"kind", "KIND", {"種類(例: clinic)", "what it is, such as clinic"}},
    {"number", "NUMBER", {"10桁の番号", "its number of 10 digits"}},
    {"telephone", "NUMBER", {"電話番号", "its telephone number"}},
    kEtag,
};

constexpr Command kCommands[] = {
    {"network",
     "",
     0,
     0,
     {"ネットワークと運用規則を見る", "show the network and its by-law"},
     {},
     ShowNetwork},
    {"network update",
     "",
     0,
     0,
     {"ネットワークの名称・運用規則を変える", "change name or by-law"},
     kNetworkOptions,
     UpdateNetwork},
    {"facilities",
     "",
     0,
     0,
     {"施設の一覧", "list facilities"},
     kPageOptions,
     ListFacilities},
    {"facilities create",
     "",
     0,
     0,
     {"施設を登録する", "register a facility"},
     kFacilityOptions,
     CreateFacility},
    {"facilities show",
     "FACILITY",
     1,
     1,
     {"施設を見る", "show a facility"},
     {},
     ShowFacility},
    {"facilities update",
     "FACILITY",
     1,
     1,
     {"施設を変更する", "change a facility"},
     kFacilityOptions,
     UpdateFacility},
    {"professions",
     "",
     0,
     0,
     {"職種コードの一覧", "list profession codes"},
     {},
     ListProfessions},
};

}  // namespace

absl::Span<const Command> DirectoryCommands() { return kCommands; }

}  // namespace renkei::client

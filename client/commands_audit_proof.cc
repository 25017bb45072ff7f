// audit export, audit checkpoint, audit proof: what an auditor takes away.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command.h"
#include "client/errors.h"
#include "client/log_watch.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Audit = v1::AuditService::Stub;

// Writes every piece; the file of that name appears when all are there.
absl::Status WritePieces(
    grpc::ClientReader<v1::ExportAuditEventsResponse>& reader,
    const std::string& path) {
  const std::string partial = absl::StrCat(path, ".part");
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  // The log tells who looks after whom.
  std::error_code failed;
  std::filesystem::permissions(
      partial,
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
      failed);
  if (failed) {
    return absl::InternalError(absl::StrCat(partial, ": ", failed.message()));
  }
  v1::ExportAuditEventsResponse piece;
  while (file && reader.Read(&piece)) {
    file << piece.content();
  }
  file.close();
  const absl::Status received = FromGrpc(reader.Finish());
  if (!received.ok() || file.fail() ||
      std::rename(partial.c_str(), path.c_str()) != 0) {
    std::remove(partial.c_str());
    return received.ok() ? absl::InternalError(
                               absl::StrCat(path, " could not be written"))
                         : received;
  }
  return absl::OkStatus();
}

absl::Status Export(Invocation& in) {
  v1::ExportAuditEventsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  ASSIGN_OR_RETURN(const int first, in.arguments().Number("first", 0));
  request.set_first_index(first);
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  grpc::ClientContext context;
  RETURN_IF_ERROR(client->AddCredentials(context).status());
  const auto reader =
      client->StubOf<Audit>().ExportAuditEvents(&context, request);
  RETURN_IF_ERROR(WritePieces(*reader, in.operand(0)));
  in.output().Say({"書き出しました。renkei-audit verify で検証できます。",
                   "written. Check it with renkei-audit verify."});
  return absl::OkStatus();
}

absl::Status ShowCheckpoint(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string network, in.Network());
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  if (in.arguments().Has("accept")) {
    ASSIGN_OR_RETURN(const SeenCheckpoint now,
                     FetchCheckpoint(*client, network));
    ASSIGN_OR_RETURN(const CheckpointFile file, in.SeenLog());
    RETURN_IF_ERROR(file.Replace(now));
  }
  v1::GetCheckpointRequest request;
  request.set_name(absl::StrCat(network, "/checkpoint"));
  ASSIGN_OR_RETURN(const v1::Checkpoint answer,
                   in.Call(&Audit::GetCheckpoint, request));
  return in.output().Show(answer, answer.note());
}

std::string Quoted(absl::string_view bytes) {
  return absl::StrCat("\"", absl::Base64Escape(bytes), "\"");
}

template <typename Hashes>
std::string QuotedList(const Hashes& hashes) {
  return absl::StrCat(
      "[",
      absl::StrJoin(hashes, ",",
                    [](std::string* out, const std::string& hash) {
                      absl::StrAppend(out, Quoted(hash));
                    }),
      "]");
}

// Lines as renkei-audit proof-check reads them.
std::string ProofLine(const v1::InclusionProof& proof,
                      const audit::Checkpoint& checkpoint) {
  return absl::StrCat(R"({"type":"inclusion","leafIndex":)", proof.index(),
                      R"(,"treeSize":)", proof.tree_size(), R"(,"leafHash":)",
                      Quoted(proof.leaf_hash()), R"(,"root":)",
                      Quoted(checkpoint.root.bytes()), R"(,"proof":)",
                      QuotedList(proof.hashes()), "}\n");
}
std::string ProofLine(const v1::ConsistencyProof& proof,
                      const audit::Checkpoint& older,
                      const audit::Checkpoint& newer) {
  return absl::StrCat(R"({"type":"consistency","size1":)", older.size,
                      R"(,"size2":)", newer.size, R"(,"root1":)",
                      Quoted(older.root.bytes()), R"(,"root2":)",
                      Quoted(newer.root.bytes()), R"(,"proof":)",
                      QuotedList(proof.hashes()), "}\n");
}

absl::StatusOr<audit::Checkpoint> ReadCheckpoint(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  ASSIGN_OR_RETURN(const audit::Note note, audit::ParseNote(bytes));
  return audit::ParseCheckpoint(note.text);
}

absl::StatusOr<audit::Checkpoint> NewestCheckpoint(Invocation& in,
                                                   const std::string& network) {
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  ASSIGN_OR_RETURN(const SeenCheckpoint now, FetchCheckpoint(*client, network));
  return now.checkpoint;
}

absl::Status ShowConsistency(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string network, in.Network());
  ASSIGN_OR_RETURN(const audit::Checkpoint older,
                   ReadCheckpoint(in.operand(0)));
  const bool names_newer = in.arguments().operands().size() > 1;
  ASSIGN_OR_RETURN(const audit::Checkpoint newer,
                   names_newer ? ReadCheckpoint(in.operand(1))
                               : NewestCheckpoint(in, network));
  v1::GetConsistencyProofRequest request;
  request.set_parent(network);
  request.set_older_size(static_cast<int64_t>(older.size));
  request.set_newer_size(static_cast<int64_t>(newer.size));
  ASSIGN_OR_RETURN(const v1::ConsistencyProof answer,
                   in.Call(&Audit::GetConsistencyProof, request));
  return in.output().Show(answer, ProofLine(answer, older, newer));
}

absl::Status ShowProof(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string network, in.Network());
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  ASSIGN_OR_RETURN(const SeenCheckpoint now, FetchCheckpoint(*client, network));
  v1::GetInclusionProofRequest request;
  request.set_name(absl::StrCat(network, "/auditEvents/", in.operand(0)));
  request.set_tree_size(static_cast<int64_t>(now.checkpoint.size));
  ASSIGN_OR_RETURN(const v1::InclusionProof answer,
                   in.Call(&Audit::GetInclusionProof, request));
  return in.output().Show(answer, ProofLine(answer, now.checkpoint));
}

constexpr Option kExportOptions[] = {
    {"first",
     "INDEX",
     {"この番号のイベントから(既定: 0)",
      "from the event of this number (default: 0)"}},
};

constexpr Option kCheckpointOptions[] = {
    {"accept",
     "",
     {"監査担当者の了解のうえで、この状態を今後の基準にする",
      "with the auditor's word, take this state as the one to compare with"}},
};

constexpr Command kCommands[] = {
    {"audit export",
     "FILE",
     1,
     1,
     {"監査証跡を、それ自身を証明するファイルに書き出す",
      "write the audit log to a file that proves itself"},
     kExportOptions,
     Export},
    {"audit checkpoint",
     "",
     0,
     0,
     {"監査証跡の署名済みの状態を見る",
      "show the signed state of the audit log"},
     kCheckpointOptions,
     ShowCheckpoint},
    {"audit proof",
     "INDEX",
     1,
     1,
     {"監査証跡に1件が含まれる証明(renkei-audit proof-check で検証)",
      "prove that an event is in the log, for renkei-audit proof-check"},
     {},
     ShowProof},
    {"audit consistency",
     "CHECKPOINT_FILE [NEWER_CHECKPOINT_FILE]",
     1,
     2,
     {"以前の署名済みの状態が、いまの(または後の)ログの始まりである証明",
      "prove that the log of an older checkpoint is the beginning of today's, "
      "or of a newer checkpoint's"},
     {},
     ShowConsistency},
};

}  // namespace

absl::Span<const Command> AuditProofCommands() { return kCommands; }

}  // namespace renkei::client

// The demo's rewrites: recorded ones replayed, or made by the language model here and now, each
// with its audit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "audit/verdict/audit.h"
#include "core/json.h"
#include "demo/nouns/classes.h"
#include "demo/story/stage.h"
#include "records/caption_source.h"

namespace clipwright::demo::story {

constexpr std::string_view kKeepIf = "audit.score >= 0.6";

/// A rewrite as `rewrites.jsonl` has it.
struct AuditedRewrite {
  std::string source, mode, text;
  double score = 0;
  std::vector<std::string> flags;
  bool kept() const { return score >= audit::verdict::kDefaultKeepScore; }
};

/// The accepted rewrites of a file, in its order. Throws Error(kInput).
std::vector<AuditedRewrite> read_audited(const std::filesystem::path& rewrites_jsonl);

/// An auditor that knows the examples of these modes.
std::unique_ptr<audit::verdict::Auditor> make_auditor(const std::vector<std::string>& modes);

/// Modes that a file of records holds, in its order. Throws Error(kInput).
std::vector<std::string> recorded_modes(const std::filesystem::path& records);

struct RewritingTask {
  const records::CaptionSource& captions;
  std::vector<std::string> modes;
  std::filesystem::path folder;  ///< gets rewrites.jsonl; the ledger lies in it
};

/// Replays records. The result holds counts for people and the file's hash for markers.
Json replay_rewrites(const RewritingTask& task, const std::filesystem::path& records,
                     StageProgress& progress);

/// Rewrites all captions with the default language model; goes on where an interrupted run stopped.
Json make_rewrites(const RewritingTask& task, uint64_t seed, StageProgress& progress);

/// Rewrites `count` of the recorded captions, drawn by `seed`, in one mode with the settings that
/// the records were made with, and counts how many texts come out equal: {"compared", "equal",
/// "mode", "seconds", "same_model", "different": [{source, recorded, now}]}.
Json check_recorded(const RewritingTask& task, const std::filesystem::path& records, int64_t count,
                    uint64_t seed, StageProgress& progress);

/// {"pairs", "kept", "kept_share", "mean_score", "flags", "modes": {mode: the same}}
Json audit_numbers(const std::vector<AuditedRewrite>& rewrites);

/// For each class whether a kept rewrite of one of its captions holds its synonym.
std::vector<bool> classes_with_found_synonym(const std::vector<nouns::ObjectClass>& classes,
                                             const std::vector<AuditedRewrite>& rewrites);

}  // namespace clipwright::demo::story

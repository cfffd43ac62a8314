// Does a rewrite still say what its source says? First tier: words alone, no model
// (docs/formats/audit.md).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::lexicon {
class WordNet;
}

namespace clipwright::audit::verdict {

/// What the audit found in one (source, rewrite) pair. `flags` name what is wrong
/// ("number-changed", "colour-added", "negation-changed", "entity-lost", "content-lost",
/// "too-long", "too-short", "copied-example", "preamble", "repetition", "language",
/// "copy-of-source", "empty"); `score` in [0, 1] is 1 when nothing is. All flags: `audit_flags()`.
struct AuditRecord {
  double score = 1;
  std::vector<std::string> flags;
  double content_kept =
      1;  ///< share of the source's content words found in the rewrite, synonyms counting
  double content_added = 0;  ///< share of the rewrite's content words with no ground in the source
  double length_ratio = 1;   ///< words of the rewrite over words of the source
};

/// A flag, the factor it costs the score and what it means.
struct AuditFlag {
  std::string_view name;
  double factor;
  std::string_view meaning;
};
/// Every flag there is, in the order in which they are reported.
const std::vector<AuditFlag>& audit_flags();

/// Tables (colours, numbers, stop words, WordNet synonyms when wordnet-base is installed) shared by
/// all calls. Thread-safe.
class Auditor {
 public:
  /// With WordNet from $CLIPWRIGHT_WORDNET or /usr/share/wordnet; without it words match by base
  /// form and stem only.
  Auditor();
  /// With WordNet from `wordnet_folder`; an empty or missing folder means without. Throws
  /// Error(kInput) when it is damaged.
  explicit Auditor(const std::filesystem::path& wordnet_folder);
  ~Auditor();
  /// Texts of in-context examples; a rewrite that repeats one is flagged. Not while other threads
  /// audit.
  void add_examples(const std::vector<std::string>& texts);
  AuditRecord audit(std::string_view source, std::string_view rewrite) const;
  /// The same into a record that is used again and again: nothing is allocated once its `flags` has
  /// room.
  void audit(std::string_view source, std::string_view rewrite, AuditRecord& record) const;
  bool has_wordnet() const;
  const lexicon::WordNet& wordnet() const;  ///< empty when it was not found

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

/// What is kept when nobody says otherwise.
constexpr double kDefaultKeepScore = 0.6;

}  // namespace clipwright::audit::verdict

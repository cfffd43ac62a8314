#include "audit/verdict/audit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "audit/words/reading.h"
#include "audit/words/relatedness.h"
#include "audit/words/sense_reach.h"
#include "audit/words/surface.h"
#include "lexicon/wordnet_files.h"

namespace clipwright::audit::verdict {
namespace {

enum Flag {
  kEmpty,
  kLanguage,
  kPreamble,
  kCopiedExample,
  kRepetition,
  kCopyOfSource,
  kNegationChanged,
  kNumberChanged,
  kNumberLost,
  kNumberAdded,
  kColourChanged,
  kColourLost,
  kColourAdded,
  kEntityLost,
  kEntityAdded,
  kOpposite,
  kContentLost,
  kContentAdded,
  kTooLong,
  kTooShort,
  kFlagCount
};

// A factor below 0.6 drops the rewrite whatever else it says; the losses of content are in the
// score already.
constexpr std::array<AuditFlag, kFlagCount> kFlags = {{
    {"empty", 0, "no word at all"},
    {"language", 0.2, "another script or language than the source's"},
    {"preamble", 0.3, "talks about the task (\"Here is the caption\") or leaks the prompt"},
    {"copied-example", 0.2, "repeats words of an in-context example"},
    {"repetition", 0.4, "repeats itself"},
    {"copy-of-source", 0.5, "the source's words unchanged"},
    {"negation-changed", 0.4, "denies what the source affirms, or the reverse"},
    {"number-changed", 0.35, "another number in the place of the source's"},
    {"number-lost", 0.8, "a number of the source is missing"},
    {"number-added", 0.55, "a number the source does not give"},
    {"colour-changed", 0.35, "another colour in the place of the source's"},
    {"colour-lost", 0.8, "a colour of the source is missing"},
    {"colour-added", 0.7, "a colour the source does not give"},
    {"entity-lost", 0.7, "a name of the source is missing"},
    {"entity-added", 0.5, "a name the source does not give"},
    {"opposite", 0.5, "the antonym of a word of the source stands in its place"},
    {"content-lost", 1, "things of the source are missing"},
    {"content-added", 1, "things that nothing in the source suggests"},
    {"too-long", 0.7, "far longer than the source, or than a text tower reads"},
    {"too-short", 0.7, "far shorter than the source"},
}};

// A name needs more ground than another word: Brazil is not grounded by Barbados, both countries.
constexpr float kNameGround = 0.5F;
// A thing lost and a thing invented are likely one in the place of the other.
constexpr double kReplacedThing = 0.8;
// Beyond this a 77-token context cuts the caption.
constexpr int64_t kMostWords = 60;

/// Buffers of one thread.
struct Workspace {
  words::Reading source, rewrite;
  words::Relatedness relatedness;
};

class Verdict {
 public:
  explicit Verdict(AuditRecord& record) : record_(record) {
    record.flags.clear();
    record.score = 1;
  }
  void raise(Flag flag) {
    record_.flags.emplace_back(kFlags[flag].name);
    record_.score *= kFlags[flag].factor;
  }

 private:
  AuditRecord& record_;
};

/// Claims compared as sets: `lost` and `added` count the firm ones, `conflict` says that one stands
/// in the place of another.
struct Difference {
  int lost = 0, added = 0;
  bool conflict = false;
};

Difference compare_numbers(const std::vector<words::Claim>& source,
                           const std::vector<words::Claim>& rewrite) {
  const auto holds = [](const std::vector<words::Claim>& claims, const words::Claim& wanted) {
    return std::any_of(claims.begin(), claims.end(), [&](const words::Claim& claim) {
      return claim.value == wanted.value && claim.ordinal == wanted.ordinal;
    });
  };
  Difference difference;
  bool any_lost = false, any_added = false;
  for (const words::Claim& claim : source) {
    const bool missing = !holds(rewrite, claim);
    difference.lost += missing && claim.firm;
    any_lost |= missing;
  }
  for (const words::Claim& claim : rewrite) {
    const bool missing = !holds(source, claim);
    difference.added += missing && claim.firm;
    any_added |= missing && claim.firm;
  }
  difference.conflict = any_added && any_lost;
  return difference;
}

/// Colours of a family agree. A colour that is also a thing ("orange", "gold") counts only against
/// another colour.
Difference compare_colours(const words::Reading& source, const words::Reading& rewrite,
                           const std::vector<float>& ground) {
  int32_t source_families = 0, rewrite_families = 0;
  for (const words::Claim& claim : source.colours)
    source_families |= static_cast<int32_t>(claim.value);
  for (const words::Claim& claim : rewrite.colours)
    rewrite_families |= static_cast<int32_t>(claim.value);
  Difference difference;
  bool any_lost = false, any_added = false;
  for (const words::Claim& claim : source.colours) {
    const bool missing = (static_cast<int32_t>(claim.value) & rewrite_families) == 0;
    difference.lost += missing && claim.firm;
    any_lost |= missing;
  }
  for (size_t i = 0; i < rewrite.terms.size(); ++i) {
    if (rewrite.terms[i].colour == 0 || (rewrite.terms[i].colour & source_families) != 0) continue;
    // A banana may be yellow, WordNet's definition says so; a green banana may not.
    if (source_families == 0 && ground[i] >= words::kGround) continue;
    any_added = true;
    const auto claim =
        std::find_if(rewrite.colours.begin(), rewrite.colours.end(), [&](const words::Claim& c) {
          return static_cast<int32_t>(c.value) == rewrite.terms[i].colour;
        });
    difference.added += claim != rewrite.colours.end() && claim->firm;
  }
  difference.conflict = any_added && any_lost &&
                        (difference.added > 0 || difference.lost > 0 || !source.colours.empty());
  return difference;
}

void check_claims(const words::Reading& source, const words::Reading& rewrite,
                  const words::Relatedness& related, Verdict& verdict) {
  const bool denies = source.negations > 0, rewrite_denies = rewrite.negations > 0;
  if ((denies && !rewrite_denies && rewrite.maybe_negations == 0) ||
      (rewrite_denies && !denies && source.maybe_negations == 0)) {
    verdict.raise(kNegationChanged);
  }
  const Difference numbers = compare_numbers(source.numbers, rewrite.numbers);
  if (numbers.conflict) {
    verdict.raise(kNumberChanged);
  } else if (numbers.lost > 0) {
    verdict.raise(kNumberLost);
  } else if (numbers.added > 0) {
    verdict.raise(kNumberAdded);
  }
  const Difference colours = compare_colours(source, rewrite, related.ground);
  if (colours.conflict) {
    verdict.raise(kColourChanged);
  } else if (colours.lost > 0) {
    verdict.raise(kColourLost);
  } else if (colours.added > 0) {
    verdict.raise(kColourAdded);
  }
  bool lost = false, added = false;
  for (size_t i = 0; i < source.terms.size(); ++i)
    lost |= source.terms[i].name && related.kept[i] < words::kCarries;
  for (size_t i = 0; i < rewrite.terms.size(); ++i)
    added |= rewrite.terms[i].name && related.ground[i] < kNameGround;
  if (lost) verdict.raise(kEntityLost);
  if (added) verdict.raise(kEntityAdded);
  if (related.opposed) verdict.raise(kOpposite);
}

void check_content(const words::Reading& source, const words::Reading& rewrite,
                   const words::Relatedness& related, AuditRecord& record, Verdict& verdict) {
  double kept = 0, wanted = 0, added = 0, said = 0;
  bool noun_lost = false, thing_lost = false, thing_added = false;
  for (size_t i = 0; i < source.terms.size(); ++i) {
    const words::ContentWord& term = source.terms[i];
    wanted += term.weight;
    kept += term.weight * related.kept[i];
    if (related.kept[i] >= words::kGround || term.colour != 0) continue;
    noun_lost |= term.noun;
    thing_lost |= term.concrete;
  }
  for (size_t i = 0; i < rewrite.terms.size(); ++i) {
    const words::ContentWord& term = rewrite.terms[i];
    const double weight = term.noun && !term.concrete ? 0.7 * term.weight : term.weight;
    said += weight;
    if (related.ground[i] >= words::kGround) continue;
    added += weight;
    thing_added |= term.concrete;
  }
  record.content_kept = wanted > 0 ? kept / wanted : 1;
  record.content_added = said > 0 ? added / said : 0;
  if (record.content_kept < words::kCarries || noun_lost) verdict.raise(kContentLost);
  if (record.content_added > 0.5 || thing_added) verdict.raise(kContentAdded);
  // Rewrites are meant to say more, so that additions cost little until they outweigh what is kept.
  // Half of the words of a caption is where it stops being the same caption: 0.5 gives a score just
  // below kDefaultKeepScore.
  record.score *= std::pow(record.content_kept, 0.75) *
                  (1 - 0.4 * record.content_added * record.content_added) *
                  (thing_added ? 0.9 : 1) * (thing_added && thing_lost ? kReplacedThing : 1);
}

void check_length(const words::Reading& source, const words::Reading& rewrite, AuditRecord& record,
                  Verdict& verdict) {
  const int64_t from = source.words.count, to = rewrite.words.count;
  record.length_ratio = from > 0 ? static_cast<double>(to) / static_cast<double>(from) : 1;
  if ((to > kMostWords && to > 2 * from) || (to > 20 && to > 4 * from + 16))
    verdict.raise(kTooLong);
  if (from >= 6 && record.length_ratio < 0.4) verdict.raise(kTooShort);
}

}  // namespace

struct Auditor::Tables {
  explicit Tables(const std::filesystem::path& folder) : wordnet(folder), reach(wordnet) {}
  lexicon::WordNet wordnet;
  words::SenseReach reach;
  words::ExampleTexts examples;
};

Auditor::Auditor() : Auditor(lexicon::default_wordnet_folder()) {}
Auditor::Auditor(const std::filesystem::path& wordnet_folder)
    : tables_(std::make_unique<Tables>(wordnet_folder)) {}
Auditor::~Auditor() = default;

bool Auditor::has_wordnet() const { return !tables_->wordnet.empty(); }
const lexicon::WordNet& Auditor::wordnet() const { return tables_->wordnet; }

void Auditor::add_examples(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) tables_->examples.add(text);
}

AuditRecord Auditor::audit(std::string_view source, std::string_view rewrite) const {
  AuditRecord record;
  audit(source, rewrite, record);
  return record;
}

void Auditor::audit(std::string_view source, std::string_view rewrite, AuditRecord& record) const {
  thread_local Workspace workspace;
  words::Reading &from = workspace.source, &to = workspace.rewrite;
  words::read_text(source, tables_->wordnet, from);
  words::read_text(rewrite, tables_->wordnet, to);
  Verdict verdict(record);
  record.content_kept = 1;
  record.content_added = 0;
  if (to.words.count == 0) {
    record.content_kept = record.length_ratio = 0;
    verdict.raise(kEmpty);
    return;
  }
  if (words::changes_language(from, to)) verdict.raise(kLanguage);
  if (words::starts_with_preamble(source, rewrite)) verdict.raise(kPreamble);
  if (tables_->examples.copied(from.words, to.words)) verdict.raise(kCopiedExample);
  if (words::repeats_itself(from.words, to.words)) verdict.raise(kRepetition);
  if (words::same_words(from.words, to.words)) verdict.raise(kCopyOfSource);
  workspace.relatedness.compare(from, to, tables_->wordnet, tables_->reach);
  check_claims(from, to, workspace.relatedness, verdict);
  check_content(from, to, workspace.relatedness, record, verdict);
  check_length(from, to, record, verdict);
}

const std::vector<AuditFlag>& audit_flags() {
  static const std::vector<AuditFlag> flags(kFlags.begin(), kFlags.end());
  return flags;
}

}  // namespace clipwright::audit::verdict

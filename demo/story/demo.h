// The whole story on one set of pictures: rewrite the captions, check the rewrites, train twins
// with and without them, evaluate, report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "demo/pictures/sources.h"
#include "demo/story/comparison.h"
#include "demo/story/twins.h"

namespace clipwright::demo::story {

struct DemoOptions {
  std::filesystem::path output = "demo-out";
  std::string data;   ///< own pairs (data/source/dataset.h); empty: the composed scenes
  uint64_t seed = 1;  ///< of the scenes or the split, of the first twins, and of the drawn examples
  int seeds = 1;      ///< twins an arm: seed, seed + 1, ...
  int64_t steps = 0;  ///< of training; 0: chosen by the size of the data
  bool live = false;  ///< rewrite every caption here instead of replaying recorded rewrites
  int64_t limit = 0;  ///< rewrite only the first so many different captions (live); 0: all
  std::vector<std::string> modes;  ///< empty: all that are recorded; chatgpt and bard for own data
  bool equal_time = false;  ///< also CLIP and LaCLIP trained for the time that LaCLIP-MT took
  std::vector<Arm> arms = demo_arms();
  /// A table of what each way to train adds, one a line, in place of the page: for `family_arms`.
  bool family = false;

  // For tests
  int64_t scenes = 20'000, test_scenes = 2'000;
  int64_t live_check = 200;        ///< recorded rewrites that are made again; 0: none
  std::filesystem::path recorded;  ///< empty: what ships with the program
  pictures::DemoSources sources;
};

/// How the rewrites came about and what the audit says of them.
struct RewritingReport {
  bool live = false;
  std::vector<std::string> modes;
  Json job;             ///< counts of the job
  Json check = Json();  ///< of recorded rewrites made again; null without
  Json audit;
  int64_t synonym_classes = 0, found_synonyms = 0;
  std::string texts;  ///< one line: texts a slot
};

struct DemoReport {
  DemoOptions options;
  std::string data_title;
  int64_t pairs = 0, captions = 0;
  std::string data_line;    ///< what the pictures are
  std::string photographs;  ///< whether real ones are among the tests; empty for the family
  RewritingReport rewriting;
  std::vector<Twin> twins;
  std::vector<Json> training;  ///< by twin, as train_twin gives it
  Comparison comparison;
  std::optional<Comparison> equal_time;
  std::filesystem::path page;  ///< report.html, or family.md
  int reused_stages = 0;
  std::vector<std::pair<std::string, double>> stage_seconds;  ///< of what ran now
  double seconds = 0;
};

/// Writes OUTPUT/{scenes/, rewrites/, runs/, evaluations/, stages/, evaluations.json, results.json,
/// photographs/, report.html}. A second call reuses every stage whose inputs are the same. Throws
/// Error(kInterrupted) after SIGINT or SIGTERM with everything saved, and what the parts throw.
DemoReport run_demo(const DemoOptions& options);

}  // namespace clipwright::demo::story

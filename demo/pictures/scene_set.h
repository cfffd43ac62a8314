// The demo's data on disk: training scenes as webdataset tars, test sets in CLIP_benchmark's
// layout.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "demo/nouns/classes.h"
#include "demo/pictures/other_hands.h"
#include "demo/pictures/sources.h"

namespace clipwright::demo::pictures {

struct SceneSetOptions {
  std::filesystem::path output;
  uint64_t seed = 1;
  int64_t train = 20'000, test = 2'000;
  std::string language = "en";  ///< of captions, class names and prompts (wording.h)
  DemoSources sources;
  /// Called now and then with scenes done and scenes in all.
  std::function<void(int64_t, int64_t)> on_progress;
};

/// What `compose_scene_set` has made. Folders hold classnames.txt,
/// zeroshot_classification_templates.txt and test/0.tar.
struct SceneSet {
  std::string train;                   ///< brace pattern of the tars
  std::filesystem::path raw_captions;  ///< the distinct training captions, one a line
  std::filesystem::path zeroshot;      ///< scenes with one object, CLDR names
  std::filesystem::path
      zeroshot_synonyms;  ///< of those the classes with a synonym, under the synonyms
  std::filesystem::path zeroshot_other_hands;     ///< clip art and stamps, CLDR names
  std::filesystem::path retrieval_other_wording;  ///< several sentences a picture
  std::filesystem::path retrieval_training_wording;
  std::vector<nouns::ObjectClass> classes;
  int64_t distinct_captions = 0, train_scenes = 0, test_scenes = 0, zeroshot_scenes = 0,
          synonym_classes = 0, retrieval_scenes = 0;
  HandDrawnCounts hand_drawn;
  bool reused = false;  ///< everything was there already
};

/// Composes and writes the set, or finds it complete from an earlier run with the same seed,
/// counts, font, annotations and class list. The same bytes for the same seed. Test scenes share no
/// layout with training scenes, and no pair of objects. Throws Error(kFailed) when a package is
/// missing or the disk refuses, Error(kInterrupted) after SIGINT.
SceneSet compose_scene_set(const SceneSetOptions& options);

}  // namespace clipwright::demo::pictures

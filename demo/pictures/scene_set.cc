#include "demo/pictures/scene_set.h"

#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/process/interrupt.h"
#include "data/files/tar.h"
#include "data/tools/benchmark_folder.h"
#include "demo/pictures/emoji_font.h"
#include "demo/pictures/scene_captions.h"

namespace clipwright::demo::pictures {
namespace {

using data::tools::BenchmarkFolder;

constexpr int kRevision =
    1;  ///< of the composing code: raise it when the same seed gives other bytes
constexpr int64_t kScenesPerTar = 4'000;
constexpr int kMostHandDrawnPerClass = 6;
constexpr double kShareAlone = 0.7;
constexpr int64_t kRetrievalAlone = 700, kRetrievalPairs = 300;

std::string numbered(const char* format, int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, format, static_cast<long long>(number));
  return text;
}

/// Everything a scene is made of, and the run's progress.
struct Studio {
  const SceneSetOptions& options;
  std::vector<nouns::ObjectClass> classes;  // in the set's language
  std::vector<nouns::ObjectClass> english;  // by which drawings are found
  std::vector<Raster> sprites;
  RawCaptions captions;
  const Wording& wording = wording_of(options.language);
  int64_t done = 0;

  void count_scene() {
    if (++done % 100 != 0) return;
    if (interrupted()) throw Error(ExitCode::kInterrupted, "stopped while composing pictures");
    if (options.on_progress) options.on_progress(done, options.train + options.test);
  }
};

/// Writes the tars; returns the layouts so that tests can avoid them.
std::set<uint64_t> write_training_scenes(Studio& studio) {
  std::set<uint64_t> layouts;
  const fs::path folder = studio.options.output / "train";
  make_folder(folder);
  for (int64_t first = 0; first < studio.options.train; first += kScenesPerTar) {
    data::files::TarWriter tar(folder / numbered("%05lld.tar", first / kScenesPerTar));
    for (int64_t i = first; i < std::min(first + kScenesPerTar, studio.options.train); ++i) {
      Random random(studio.options.seed, "demo train scene", 0, static_cast<uint64_t>(i));
      const bool alone = random.uniform() < kShareAlone;
      const auto& captions = studio.captions;
      const RawCaption& caption =
          alone ? draw_caption(captions.alone[random.below(captions.alone.size())], random)
                : captions.pairs[random.below(captions.pairs.size())];
      const Scene scene = draw_scene(caption.facts, random);
      layouts.insert(hash64(scene.layout()));
      const std::string key = numbered("%06lld", i);
      tar.add(key + ".png", encode_png(render(scene, studio.sprites)));
      tar.add(key + ".txt", caption.text);
      studio.count_scene();
    }
    tar.finish();
  }
  return layouts;
}

/// Facts of test scene i. One-object scenes go through all (class, colour) before any comes again;
/// the two objects of a pair never met in training.
SceneFacts test_facts(const Studio& studio, int64_t i, int64_t alone, Random& random) {
  const auto classes = static_cast<int64_t>(studio.classes.size());
  constexpr auto kColours = static_cast<int64_t>(kBackgrounds.size());
  if (i < alone) {
    const int object = static_cast<int>(i % classes);
    const Permutation colours(kColours, studio.options.seed, "demo test colours",
                              static_cast<uint64_t>(object));
    return {.first = object,
            .colour = static_cast<int>(colours(static_cast<uint64_t>(i / classes % kColours)))};
  }
  std::set<std::pair<int, int>> met;
  for (const RawCaption& pair : studio.captions.pairs) {
    met.insert(std::minmax(pair.facts.first, pair.facts.second));
  }
  while (true) {
    const int first = static_cast<int>(random.below(static_cast<uint64_t>(classes)));
    const int second = static_cast<int>(random.below(static_cast<uint64_t>(classes)));
    if (first == second || met.contains(std::minmax(first, second))) continue;
    return {first, second, random.below(2) == 0 ? Relation::kBeside : Relation::kAbove, -1};
  }
}

std::vector<Scene> draw_test_scenes(const Studio& studio, const std::set<uint64_t>& taken) {
  std::vector<Scene> scenes;
  const auto alone = static_cast<int64_t>(static_cast<double>(studio.options.test) * kShareAlone);
  for (int64_t i = 0; i < studio.options.test; ++i) {
    Random random(studio.options.seed, "demo test scene", 0, static_cast<uint64_t>(i));
    const SceneFacts facts = test_facts(studio, i, alone, random);
    Scene scene = draw_scene(facts, random);
    while (taken.contains(hash64(scene.layout()))) scene = draw_scene(facts, random);
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

/// What the captions of a retrieval test can tell apart: the colour of one object, the order of
/// two.
std::tuple<int, int, Relation, int> told_apart(const SceneFacts& facts) {
  return {facts.first, facts.second, facts.relation,
          facts.relation == Relation::kAlone ? facts.colour : -1};
}

void write_test_scenes(Studio& studio, const std::vector<Scene>& scenes, SceneSet& set) {
  std::vector<std::string> names, synonyms;
  std::map<int, int> synonym_label;
  for (size_t c = 0; c < studio.classes.size(); ++c) {
    names.push_back(studio.classes[c].name);
    if (studio.classes[c].synonym.empty()) continue;
    synonym_label[static_cast<int>(c)] = static_cast<int>(synonyms.size());
    synonyms.push_back(studio.classes[c].synonym);
  }
  BenchmarkFolder zeroshot(set.zeroshot, names, studio.wording.templates);
  BenchmarkFolder by_synonym(set.zeroshot_synonyms, synonyms, studio.wording.templates);
  BenchmarkFolder other(set.retrieval_other_wording), training(set.retrieval_training_wording);
  std::set<std::tuple<int, int, Relation, int>> told;
  int64_t alone = 0, pairs = 0;
  for (const Scene& scene : scenes) {
    const std::string png = encode_png(render(scene, studio.sprites));
    const bool is_alone = scene.facts.relation == Relation::kAlone;
    if (is_alone) {
      zeroshot.add(png, "png", scene.facts.first);
      const auto label = synonym_label.find(scene.facts.first);
      if (label != synonym_label.end()) by_synonym.add(png, "png", label->second);
    }
    int64_t& of_kind = is_alone ? alone : pairs;
    if (of_kind < (is_alone ? kRetrievalAlone : kRetrievalPairs) &&
        told.insert(told_apart(scene.facts)).second) {
      ++of_kind;
      other.add(png, "png", other_wordings(studio.classes, scene, studio.wording));
      training.add(png, "png", {training_wording(studio.classes, scene.facts, studio.wording)});
    }
    studio.count_scene();
  }
  set.zeroshot_scenes = zeroshot.finish();
  by_synonym.finish();
  set.synonym_classes = static_cast<int64_t>(synonyms.size());
  set.retrieval_scenes = other.finish();
  training.finish();
}

void write_hand_drawn(const Studio& studio, SceneSet& set) {
  std::vector<std::string> names;
  for (const nouns::ObjectClass& object : studio.classes) names.push_back(object.name);
  BenchmarkFolder folder(set.zeroshot_other_hands, names, studio.wording.templates);
  std::string sources;
  for (const HandDrawn& drawn : collect_hand_drawn(studio.english, studio.options.sources,
                                                   kMostHandDrawnPerClass, &set.hand_drawn)) {
    folder.add(encode_png(drawn.picture), "png", drawn.object);
    sources +=
        names[static_cast<size_t>(drawn.object)] + '\t' + drawn.source + '\t' + drawn.title + '\n';
  }
  folder.finish();
  write_file(set.zeroshot_other_hands / "sources.tsv", sources);
}

/// CLDR's names in the set's language, beside the English ones.
fs::path annotations_of(const SceneSetOptions& options) {
  return options.sources.annotations.parent_path() / (options.language + ".xml");
}

Json identity(const SceneSetOptions& options) {
  Json identity = {{"revision", kRevision},
                   {"seed", options.seed},
                   {"train", options.train},
                   {"test", options.test},
                   {"font", hex(sha256_file(options.sources.font))},
                   {"annotations", hex(sha256_file(options.sources.annotations))},
                   {"classes", hex(sha256_file(shared_file("data/demo/classes.txt")))}};
  // English is not named: sets that were composed before there was another stay what they are.
  if (options.language != "en") {
    identity["language"] = options.language;
    identity["names"] = hex(sha256_file(annotations_of(options)));
  }
  return identity;
}

/// Field by field, so that writing and reading the marker cannot drift apart.
template <typename Visit>
void visit_counts(SceneSet& set, Visit visit) {
  visit("distinct_captions", set.distinct_captions);
  visit("zeroshot_scenes", set.zeroshot_scenes);
  visit("synonym_classes", set.synonym_classes);
  visit("retrieval_scenes", set.retrieval_scenes);
  HandDrawnCounts& drawn = set.hand_drawn;
  visit("clip_art_files", drawn.clip_art_files);
  visit("clip_art_titled", drawn.clip_art_titled);
  visit("clip_art_taken", drawn.clip_art_taken);
  visit("stamp_files", drawn.stamp_files);
  visit("stamp_sentences", drawn.stamp_sentences);
  visit("stamps_taken", drawn.stamps_taken);
  visit("doubtful", drawn.doubtful);
  visit("copies", drawn.copies);
  visit("surplus", drawn.surplus);
  visit("unreadable", drawn.unreadable);
  visit("hand_drawn_classes", drawn.classes);
}

/// The counts of an earlier run with the same identity, if there was one.
bool read_marker(const fs::path& marker, const Json& wanted, SceneSet& set) {
  std::error_code error;
  if (!fs::exists(marker, error)) return false;
  const Json found = try_json(read_file(marker));
  if (!found.is_object() || found.value("made_of", Json()) != wanted) return false;
  const Json counts = found.value("counts", Json::object());
  bool complete = true;
  visit_counts(set, [&](const char* name, auto& value) {
    const auto field = counts.find(name);
    complete = complete && field != counts.end() && field->is_number_integer();
    if (complete) value = *field;
  });
  return complete;
}

}  // namespace

SceneSet compose_scene_set(const SceneSetOptions& options) {
  check_sources(options.sources);
  if (options.train < 1 || options.test < 10) {
    fail_usage("a scene set of " + std::to_string(options.train) + " training and " +
                   std::to_string(options.test) + " test pictures",
               "at least 1 and 10");
  }
  Studio studio{.options = options};
  studio.classes = nouns::read_classes(shared_file("data/demo/classes.txt"),
                                       nouns::read_annotations(options.sources.annotations));
  studio.english = studio.classes;
  if (options.language != "en")
    studio.classes = translate(studio.classes, nouns::read_annotations(annotations_of(options)));
  studio.captions = raw_captions(studio.classes, studio.wording);

  SceneSet set;
  const int64_t tars = (options.train + kScenesPerTar - 1) / kScenesPerTar;
  set.train =
      (options.output / "train" / ("{00000.." + numbered("%05lld", tars - 1) + "}.tar")).string();
  set.raw_captions = options.output / "raw_captions.txt";
  set.zeroshot = options.output / "zeroshot";
  set.zeroshot_synonyms = options.output / "zeroshot-synonyms";
  set.zeroshot_other_hands = options.output / "zeroshot-other-hands";
  set.retrieval_other_wording = options.output / "retrieval-other-wording";
  set.retrieval_training_wording = options.output / "retrieval-training-wording";
  set.classes = studio.classes;
  set.train_scenes = options.train;
  set.test_scenes = options.test;

  const fs::path marker = options.output / "composed.json";
  const Json made_of = identity(options);
  set.reused = read_marker(marker, made_of, set);
  if (set.reused) return set;

  std::error_code ignored;
  fs::remove(marker, ignored);
  make_folder(options.output);
  const EmojiFont font(options.sources.font);
  for (const nouns::ObjectClass& object : studio.classes) {
    studio.sprites.push_back(font.sprite(object.code_point));
  }
  std::string lines;
  for (const std::string& text : studio.captions.texts()) {
    lines += text + '\n';
    ++set.distinct_captions;
  }
  write_file(set.raw_captions, lines);
  const std::set<uint64_t> layouts = write_training_scenes(studio);
  write_test_scenes(studio, draw_test_scenes(studio, layouts), set);
  write_hand_drawn(studio, set);
  Json counts = Json::object();
  visit_counts(set, [&](const char* name, auto& value) { counts[name] = value; });
  write_file(marker, Json{{"made_of", made_of}, {"counts", counts}}.dump(2) + '\n');
  return set;
}

}  // namespace clipwright::demo::pictures

#include "data/gcompris/photographs.h"

#include <algorithm>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "data/gcompris/pictures.h"
#include "data/tools/benchmark_folder.h"

namespace clipwright::data::gcompris {
namespace {

constexpr std::string_view kResourceFolder = "usr/share/gcompris-qt/rcc";
constexpr std::string_view kResourceNames[] = {
    "categorization.rcc",        "explore_farm_animals.rcc", "explore_monuments.rcc",
    "explore_world_animals.rcc", "explore_world_music.rcc",  "lang.rcc"};

/// What a set asks.
struct Question {
  std::string name;
  std::string what;                    ///< for README.md
  std::vector<std::string> templates;  ///< empty: retrieval by the sentences
};

std::string one_of(const std::vector<const Picture*>& pictures, const std::string& set) {
  std::string text =
      "# " + set + ": " + with_commas(static_cast<int64_t>(pictures.size())) +
      " pictures of the package " + kPackage +
      ", one a line, separated by tabs: sample, file in the resource, author, "
      "licence, address of the original,\n# where that is said, and what the "
      "package's copyright file says where it says something else. Its entries "
      "with another ending (.jpg) were\n# written for an earlier picture of the same "
      "name.\n";
  return text;
}

void add_licence(std::string& text, const std::string& key, const Picture& picture) {
  const auto known = [](const std::string& value) { return value.empty() ? "-" : value; };
  text += key + '\t' + picture.file->path + '\t' + known(picture.credit.author) + '\t' +
          known(picture.credit.licence) + '\t' + known(picture.credit.source) + '\t' +
          (picture.stated.empty() ? "nowhere" : picture.stated) + '\t' + known(picture.package) +
          '\n';
}

/// Names in the order in which they are first used; equal names are one class.
std::vector<std::string> classes_of(const std::vector<const Picture*>& pictures) {
  std::vector<std::string> names;
  for (const Picture* picture : pictures) {
    if (std::find(names.begin(), names.end(), picture->name) == names.end())
      names.push_back(picture->name);
  }
  return names;
}

PhotographSet write_set(const Question& question, const std::vector<const Picture*>& pictures,
                        const fs::path& output, Progress& progress, int64_t& done) {
  const fs::path folder = output / question.name;
  const bool retrieval = question.templates.empty();
  PhotographSet set{.name = question.name,
                    .task = retrieval ? "zeroshot_retrieval" : "zeroshot_classification"};
  const std::vector<std::string> names = classes_of(pictures);
  tools::BenchmarkFolder benchmark =
      retrieval ? tools::BenchmarkFolder(folder)
                : tools::BenchmarkFolder(folder, names, question.templates);
  std::string licences = one_of(pictures, question.name);
  for (const Picture* picture : pictures) {
    if (interrupted()) throw Error(ExitCode::kInterrupted, "interrupted; not all sets are written");
    const std::string bytes = picture->resource->read(*picture->file);
    std::string key;
    if (retrieval) {
      key = benchmark.add(bytes, picture->extension(), picture->sentences);
      set.texts += static_cast<int64_t>(picture->sentences.size());
    } else {
      key = benchmark.add(
          bytes, picture->extension(),
          static_cast<int>(std::find(names.begin(), names.end(), picture->name) - names.begin()));
    }
    add_licence(licences, key, *picture);
    progress.update(++done);
  }
  benchmark.add_file("LICENSES.txt", std::move(licences));
  set.pictures = benchmark.finish();
  set.classes = retrieval ? 0 : static_cast<int64_t>(names.size());
  return set;
}

std::string readme(const PhotographSets& written, const std::vector<Question>& questions,
                   const PictureLists& lists, const PhotographOptions& options) {
  std::string text =
      std::string(
          "# Photographs and drawings of GCompris\n\nTest sets in CLIP_benchmark's layout, "
          "written by `clipwright data photographs` from the package ") +
      kPackage +
      ".\n\n| set | task | pictures | classes | texts | what |\n|---|---|---|---|---|---|\n";
  for (const PhotographSet& set : written.sets) {
    const auto question = std::find_if(questions.begin(), questions.end(),
                                       [&](const Question& one) { return one.name == set.name; });
    text += "| " + set.name + " | " + set.task + " | " + std::to_string(set.pictures) + " | " +
            (set.classes > 0 ? std::to_string(set.classes) : "") + " | " +
            (set.texts > 0 ? std::to_string(set.texts) : "") + " | " + question->what + " |\n";
  }
  std::map<std::string, int64_t> licences;
  for (const auto* list : {&lists.categories, &lists.titled, &lists.drawings}) {
    for (const Picture& picture : *list) {
      ++licences[picture.credit.licence.empty() ? "not stated" : picture.credit.licence];
    }
  }
  text +=
      "\n## Terms\nEach picture has its own; LICENSES.txt of each set names author, licence and "
      "original.\n\n| licence | pictures |\n|---|---|\n";
  for (const auto& [licence, count] : licences)
    text += "| " + licence + " | " + std::to_string(count) + " |\n";
  if (!lists.text_terms.empty()) {
    text += "\nTitles and sentences belong to the boards:\n\n";
    for (const std::string& term : lists.text_terms) text += "- " + term + "\n";
  }
  text += "\n## Read from\n";
  for (const fs::path& path : options.resources)
    text += "- " + path.filename().string() + ", SHA-256 " + hex(sha256_file(path)) + "\n";
  if (!written.notes.empty()) {
    text += "\n## Not used\n";
    for (const std::string& note : written.notes) text += "- " + note + "\n";
  }
  return text;
}

}  // namespace

bool package_is_there(const fs::path& root) {
  std::error_code ignored;
  return fs::exists(root / kResourceFolder / kResourceNames[0], ignored);
}

PhotographOptions find_package(const fs::path& root, const fs::path& output) {
  PhotographOptions options{.resources = {}, .copyright = {}, .output = output};
  std::error_code ignored;
  for (const std::string_view name : kResourceNames) {
    const fs::path path = root / kResourceFolder / name;
    if (fs::exists(path, ignored)) options.resources.push_back(path);
  }
  if (options.resources.empty()) {
    fail_input((root / kResourceFolder).string() + ": has none of GCompris' resources",
               std::string("the files of the package ") + kPackage,
               std::string("Install it with: apt-get install ") + kPackage +
                   ". Without the rights to install, unpack it with dpkg-deb -x and give that "
                   "folder as --package-root.");
  }
  const fs::path copyright = root / "usr/share/doc" / kPackage / "copyright";
  if (fs::exists(copyright, ignored)) options.copyright = copyright;
  return options;
}

PhotographSets write_photographs(const PhotographOptions& options) {
  const CopyrightFile copyright =
      options.copyright.empty() ? CopyrightFile() : CopyrightFile(read_file(options.copyright));
  const PictureLists lists = find_pictures(options.resources, copyright);

  struct Planned {
    Question question;
    std::vector<const Picture*> pictures;
  };
  std::vector<Planned> plan;
  const auto add = [&](Question question, const std::vector<Picture>& list,
                       const std::function<bool(const Picture&)>& wanted) {
    Planned planned{.question = std::move(question), .pictures = {}};
    for (const Picture& picture : list) {
      if (wanted(picture)) planned.pictures.push_back(&picture);
    }
    if (!planned.pictures.empty()) plan.push_back(std::move(planned));
  };
  const auto all = [](const Picture&) { return true; };
  const auto of_group = [](const char* group) {
    return [group](const Picture& picture) { return picture.group == group; };
  };
  add({"gcompris-categories",
       "photographs: to which of five categories do they belong?",
       {"{c}", "a photo of {c}.", "a picture of {c}."}},
      lists.categories, all);
  add({"gcompris-titles",
       "photographs of animals, monuments and music: which title?",
       {"{c}", "a photo of {c}.", "a photo of the {c}.", "a picture of {c}."}},
      lists.titled, all);
  add({"gcompris-animals",
       "those of animals: which?",
       {"a photo of a {c}.", "a photo of the {c}, an animal.", "a picture of a {c}."}},
      lists.titled, of_group("animals"));
  add({"gcompris-monuments",
       "those of monuments: which?",
       {"a photo of {c}.", "a photo of the {c}.", "a photo of {c}, a monument."}},
      lists.titled, of_group("monuments"));
  add({"gcompris-music",
       "those of music: which part of the world?",
       {"a photo of music from {c}.", "a photo of musicians from {c}."}},
      lists.titled, of_group("music"));
  add({"gcompris-retrieval", "the titled photographs and the sentences about them", {}},
      lists.titled, [](const Picture& picture) { return !picture.sentences.empty(); });
  add({"gcompris-drawings",
       "drawings: which word?",
       {"a drawing of {c}.", "a drawing of a {c}.", "a cartoon of {c}."}},
      lists.drawings, all);
  if (plan.empty()) {
    fail_input("the resources have none of the pictures that are looked for",
               "categorization.rcc, explore_*.rcc or lang.rcc of GCompris",
               std::string("They are in the package ") + kPackage + ".");
  }

  PhotographSets written{.sets = {}, .left_out = lists.left_out, .notes = lists.notes};
  int64_t total = 0, done = 0, unstated = 0;
  std::vector<Question> questions;
  for (const Planned& planned : plan) total += static_cast<int64_t>(planned.pictures.size());
  for (const auto* list : {&lists.categories, &lists.titled, &lists.drawings}) {
    unstated += std::count_if(list->begin(), list->end(),
                              [](const Picture& picture) { return picture.stated.empty(); });
  }
  if (unstated > 0) {
    written.notes.push_back("the author of " + with_commas(unstated) +
                            " pictures is not stated anywhere; LICENSES.txt says 'nowhere'");
  }
  if (options.copyright.empty())
    written.notes.push_back(
        "the package's copyright file is not there; authors and licences are "
        "those of the READMEs in the resources alone");
  make_folder(options.output);
  Progress progress("writing pictures", total);
  for (const Planned& planned : plan) {
    written.sets.push_back(
        write_set(planned.question, planned.pictures, options.output, progress, done));
    questions.push_back(planned.question);
  }
  progress.finish();
  write_file(options.output / "README.md", readme(written, questions, lists, options));
  return written;
}

std::string PhotographSets::describe() const {
  std::string text;
  for (const PhotographSet& set : sets) {
    std::string name = set.name;
    name.resize(std::max<size_t>(name.size(), 20), ' ');
    text += name + " " + with_commas(set.pictures) + " pictures, " +
            (set.classes > 0 ? with_commas(set.classes) + " classes"
                             : with_commas(set.texts) + " sentences") +
            "\n";
  }
  for (const std::string& note : notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace clipwright::data::gcompris

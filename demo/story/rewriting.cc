#include "demo/story/rewriting.h"

#include <algorithm>
#include <map>
#include <optional>

#include "audit/verdict/audit_summary.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/random.h"
#include "demo/nouns/noun_index.h"
#include "records/reader.h"
#include "rewrite/archive/replay_engine.h"
#include "rewrite/archive/replay_texts.h"
#include "rewrite/engine/llama_engine.h"
#include "rewrite/job/job.h"
#include "rewrite/job/job_plan.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::demo::story {
namespace {

constexpr size_t kMostDifferences = 5;

/// Counts the replies that an engine gives, for the progress line.
class WatchedEngine final : public rewrite::engine::Engine {
 public:
  WatchedEngine(rewrite::engine::Engine& engine, StageProgress& progress)
      : engine_(engine), progress_(progress) {}
  void expect(int64_t rewrites) { expected_ = rewrites; }

  Json identity() const override { return engine_.identity(); }
  Json details() const override { return engine_.details(); }
  int count_tokens(std::string_view text) const override { return engine_.count_tokens(text); }
  void run(rewrite::engine::RequestQueue& queue, const language::Sampling& sampling,
           rewrite::engine::ReplySink& sink) override {
    struct Counter final : rewrite::engine::ReplySink {
      Counter(WatchedEngine& watched, rewrite::engine::ReplySink& behind)
          : watched(watched), behind(behind) {}
      void put(const rewrite::engine::Request& request, rewrite::engine::Reply reply) override {
        const std::string told = request.source + " => " + reply.text;
        behind.put(request, std::move(reply));
        watched.count(request.attempt == 0, told);
      }
      WatchedEngine& watched;
      rewrite::engine::ReplySink& behind;
    } counter(*this, sink);
    engine_.run(queue, sampling, counter);
  }

 private:
  void count(bool first_attempt, const std::string& told) {
    done_ += first_attempt;
    constexpr size_t kMostShown = 60;
    const double share =
        expected_ > 0 ? static_cast<double>(done_) / static_cast<double>(expected_) : 0;
    progress_.update(share, with_commas(done_) + "/" + with_commas(expected_) + "  " +
                                (told.size() > kMostShown ? "" : told));
  }

  rewrite::engine::Engine& engine_;
  StageProgress& progress_;
  int64_t expected_ = 0, done_ = 0;
};

/// How people call the model: its file's name says more than the file's metadata, unless it was
/// installed under a plain name.
std::string model_title(const rewrite::engine::Engine& engine) {
  const Json details = engine.details();
  const std::string file = fs::path(details.value("model", std::string())).stem().string();
  const std::string name =
      file.empty() || file == "default"
          ? details.value("model_name", std::string("the language model"))
          : file;
  const std::string type = details.value("quantize", std::string());
  return type.empty() ? name : name + " (its " + type + " copy)";
}

rewrite::job::RewriteOptions options_of(const RewritingTask& task) {
  rewrite::job::RewriteOptions options;
  for (const std::string& mode : task.modes)
    options.packs.push_back(rewrite::prompt::ExamplePack::shipped(mode));
  options.output = task.folder;
  return options;
}

std::string ledger_of(const fs::path& folder, const char* name) {
  return "sqlite:" + (folder / name).string();
}

int64_t left_to_do(const records::CaptionSource& captions,
                   const rewrite::job::RewriteOptions& options,
                   const rewrite::engine::Engine& engine) {
  const std::unique_ptr<rewrite::ledger::Ledger> ledger =
      rewrite::ledger::open_ledger(options.ledger);
  return rewrite::job::plan_job(captions, options, engine, ledger.get()).left();
}

rewrite::job::RewriteSummary rewrite_watched(const records::CaptionSource& captions,
                                             const rewrite::job::RewriteOptions& options,
                                             rewrite::engine::Engine& engine,
                                             StageProgress& progress) {
  WatchedEngine watched(engine, progress);
  watched.expect(left_to_do(captions, options, engine));
  return rewrite::job::rewrite_captions(captions, options, watched);
}

Json run_job(const RewritingTask& task, rewrite::job::RewriteOptions options,
             rewrite::engine::Engine& engine, StageProgress& progress) {
  make_folder(task.folder);
  const std::unique_ptr<audit::verdict::Auditor> auditor = make_auditor(task.modes);
  options.scorer = [&](std::string_view source, std::string_view text) {
    const audit::verdict::AuditRecord record = auditor->audit(source, text);
    return Json{{"audit", record.score}, {"flags", record.flags}};
  };
  const rewrite::job::RewriteSummary summary =
      rewrite_watched(task.captions, options, engine, progress);
  Json result = summary.to_json();
  if (!summary.interrupted) result["sha256"] = hex(sha256_file(task.folder / "rewrites.jsonl"));
  result["wordnet"] = auditor->has_wordnet();
  return result;
}

/// Some of the captions that have a recorded rewrite.
class ChosenCaptions final : public records::CaptionSource {
 public:
  ChosenCaptions(const records::CaptionSource& all, const rewrite::archive::ReplayTexts& records,
                 const std::string& mode, int64_t count, uint64_t seed)
      : all_(all) {
    const Permutation order(static_cast<uint64_t>(all.size()), seed, "demo live check", 0);
    for (int64_t i = 0; i < all.size() && size() < count; ++i) {
      const auto index = static_cast<int64_t>(order(static_cast<uint64_t>(i)));
      if (records.find(all.caption(index), mode)) chosen_.push_back(index);
    }
    std::sort(chosen_.begin(), chosen_.end());
  }
  int64_t size() const override { return static_cast<int64_t>(chosen_.size()); }
  std::string key(int64_t index) const override {
    return all_.key(chosen_[static_cast<size_t>(index)]);
  }
  std::string caption(int64_t index) const override {
    return all_.caption(chosen_[static_cast<size_t>(index)]);
  }

 private:
  const records::CaptionSource& all_;
  std::vector<int64_t> chosen_;
};

/// What the records say of how the texts of one mode were made.
Json recipe_of_mode(const rewrite::archive::ReplayTexts& records, const std::string& mode) {
  for (const Json& recipe : records.recipes()) {
    if (recipe.is_object() && recipe.value("mode", std::string()) == mode) return recipe;
  }
  return Json::object();
}

/// The settings of a recipe on top of the defaults.
void apply_recipe(const Json& recipe, rewrite::job::RewriteOptions& options) {
  const auto number = [&](const char* name, auto& value) {
    const auto found = recipe.find(name);
    if (found != recipe.end() && found->is_number()) value = *found;
  };
  number("seed", options.seed);
  number("triples", options.triples);
  number("temperature", options.sampling.temperature);
  number("top_p", options.sampling.top_p);
  number("max_tokens", options.sampling.max_tokens);
  if (recipe.value("prompt", std::string()).starts_with("laclip"))
    options.layout = rewrite::prompt::PromptLayout::kLaclip;
}

}  // namespace

std::vector<AuditedRewrite> read_audited(const fs::path& rewrites_jsonl) {
  const std::unique_ptr<records::Reader> reader = records::open_reader(rewrites_jsonl, true);
  std::vector<AuditedRewrite> rewrites;
  records::Record record;
  while (reader->next(record)) {
    if (!reader->damage().empty())
      fail_input(reader->where() + ": " + reader->damage(), "the rewrites that the demo wrote",
                 "Start the demo again with another --output.");
    if (!record.accepted()) continue;
    const auto score = record.scores.values.find("audit");
    rewrites.push_back(
        {.source = std::move(record.source).value_or(""),
         .mode = std::move(record.mode),
         .text = std::move(record.text),
         .score = score == record.scores.values.end() ? 0 : score->second,
         .flags = std::move(record.scores.flags).value_or(std::vector<std::string>())});
  }
  return rewrites;
}

std::unique_ptr<audit::verdict::Auditor> make_auditor(const std::vector<std::string>& modes) {
  auto auditor = std::make_unique<audit::verdict::Auditor>();
  for (const std::string& mode : modes)
    auditor->add_examples(rewrite::prompt::ExamplePack::shipped(mode).texts());
  return auditor;
}

std::vector<std::string> recorded_modes(const fs::path& records) {
  std::vector<std::string> modes;
  const rewrite::archive::ReplayTexts read = rewrite::archive::ReplayTexts::read(records.string());
  for (const Json& recipe : read.recipes()) {
    const std::string mode = recipe.is_object() ? recipe.value("mode", std::string()) : "";
    if (!mode.empty() && std::find(modes.begin(), modes.end(), mode) == modes.end())
      modes.push_back(mode);
  }
  if (modes.empty())
    fail_input(records.string() + ": does not say which modes it holds",
               "recorded rewrites with their recipes");
  return modes;
}

Json replay_rewrites(const RewritingTask& task, const fs::path& records, StageProgress& progress) {
  rewrite::job::RewriteOptions options = options_of(task);
  options.ledger = ledger_of(task.folder, "replayed.db");
  rewrite::archive::ReplayEngine engine(rewrite::archive::ReplayTexts::read(records.string()));
  const Json details = engine.details();
  Json result = run_job(task, options, engine, progress);
  const Json& recorded = details["recorded"];
  if (!recorded.empty() && recorded[0].contains("details"))
    result["model"] = recorded[0]["details"].value("model_name", std::string());
  return result;
}

Json make_rewrites(const RewritingTask& task, uint64_t seed, StageProgress& progress) {
  rewrite::job::RewriteOptions options = options_of(task);
  options.ledger = ledger_of(task.folder, "rewrites.db");
  options.seed = seed;
  rewrite::engine::LlamaEngine engine(rewrite::engine::LlamaOptions{});
  Json result = run_job(task, options, engine, progress);
  result["model"] = model_title(engine);
  return result;
}

Json check_recorded(const RewritingTask& task, const fs::path& records, int64_t count,
                    uint64_t seed, StageProgress& progress) {
  const rewrite::archive::ReplayTexts recorded =
      rewrite::archive::ReplayTexts::read(records.string());
  const std::string& mode = task.modes.front();
  rewrite::job::RewriteOptions options =
      options_of({.captions = task.captions, .modes = {mode}, .folder = task.folder});
  const Json recipe = recipe_of_mode(recorded, mode);
  apply_recipe(recipe, options);
  make_folder(task.folder);
  options.ledger = ledger_of(task.folder, "live.db");
  const ChosenCaptions chosen(task.captions, recorded, mode, count, seed);
  if (chosen.size() == 0)
    fail_input(records.string() + ": holds no rewrite of these captions in mode " + mode,
               "recorded rewrites of the demo's captions");
  // The same weights as then: a copy in the type that the recipe names.
  const Json was_made = recipe.value("details", Json::object());
  rewrite::engine::LlamaOptions model;
  model.quantize = was_made.value("quantize", std::string());
  rewrite::engine::LlamaEngine engine(model);
  const rewrite::job::RewriteSummary summary = rewrite_watched(chosen, options, engine, progress);
  Json result = {{"mode", mode}, {"seconds", summary.seconds}, {"captions", chosen.size()}};
  result["model"] = model_title(engine);
  result["same_model"] = recipe.value("model_sha256", std::string()) ==
                         engine.identity().value("model_sha256", std::string());
  result["same_examples"] =
      recipe.value("examples_sha256", std::string()) == options.packs[0].digest();
  result["kernels"] = {
      {"recorded", was_made.value("kernels", std::string())},
      {"now", engine.details().value("kernels", std::string())}};
  if (summary.interrupted) return result;
  std::map<std::string, std::string> now;
  for (const AuditedRewrite& rewrite : read_audited(task.folder / "rewrites.jsonl"))
    now[rewrite.source] = rewrite.text;
  int64_t equal = 0;
  Json different = Json::array();
  for (int64_t i = 0; i < chosen.size(); ++i) {
    const std::string source = chosen.caption(i);
    const std::string was = *recorded.find(source, mode),
                      is = now.contains(source) ? now[source] : "";
    equal += was == is;
    if (was != is && different.size() < kMostDifferences)
      different.push_back({{"source", source}, {"recorded", was}, {"now", is}});
  }
  result["compared"] = chosen.size();
  result["equal"] = equal;
  result["different"] = std::move(different);
  return result;
}

Json audit_numbers(const std::vector<AuditedRewrite>& rewrites) {
  audit::verdict::AuditSummary all;
  std::map<std::string, audit::verdict::AuditSummary> modes;
  audit::verdict::AuditRecord record;
  for (const AuditedRewrite& rewrite : rewrites) {
    record.score = rewrite.score;
    record.flags = rewrite.flags;
    all.add(record);
    modes[rewrite.mode].add(record);
  }
  Json numbers = all.to_json();
  for (const auto& [mode, summary] : modes) numbers["modes"][mode] = summary.to_json();
  return numbers;
}

std::vector<bool> classes_with_found_synonym(const std::vector<nouns::ObjectClass>& classes,
                                             const std::vector<AuditedRewrite>& rewrites) {
  std::vector<nouns::ObjectClass> synonyms = classes;
  for (nouns::ObjectClass& object : synonyms) {
    object.name = object.synonym;
    object.synonym.clear();
  }
  const nouns::NounIndex names(classes), others(synonyms);
  std::vector<bool> found(classes.size(), false);
  std::map<std::string, std::vector<size_t>> named;  // classes by source
  for (const AuditedRewrite& rewrite : rewrites) {
    if (!rewrite.kept()) continue;
    const auto [place, added] = named.try_emplace(rewrite.source);
    for (size_t c = 0; added && c < classes.size(); ++c) {
      if (!classes[c].synonym.empty() && names.mentions(rewrite.source, static_cast<int>(c)))
        place->second.push_back(c);
    }
    for (const size_t c : place->second) {
      if (!found[c] && others.mentions(rewrite.text, static_cast<int>(c))) found[c] = true;
    }
  }
  return found;
}

}  // namespace clipwright::demo::story

#include "card/model_card.h"

#include <charconv>
#include <optional>

#include "card/markdown.h"
#include "card/result_rows.h"
#include "card/result_section.h"
#include "card/run_facts.h"
#include "card/run_sections.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "models/load_model.h"
#include "models/model_summary.h"
#include "models/open_clip_config.h"

namespace clipwright::card {
namespace {

int64_t step_of(const std::string& name) {
  constexpr std::string_view kPrefix = "step_";
  int64_t step = -1;
  if (name.starts_with(kPrefix))
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  return step;
}

/// Of an evaluated run: the results of the checkpoint that was chosen, else of the last one.
std::optional<fs::path> results_of_run(const fs::path& run) {
  const fs::path results = run / "evaluation/results";
  std::error_code unreadable;
  int64_t best = -1;
  if (fs::is_regular_file(run / "best.json", unreadable))
    best = count_of(try_json(read_file(run / "best.json")), "step");
  std::optional<fs::path> chosen;
  for (const auto& entry : fs::directory_iterator(results, unreadable)) {
    if (!entry.is_directory(unreadable)) continue;
    const int64_t step = step_of(entry.path().filename().string());
    if (!chosen || step == best ||
        (step_of(chosen->filename().string()) != best &&
         step > step_of(chosen->filename().string())))
      chosen = entry.path();
  }
  return chosen;
}

class Card {
 public:
  explicit Card(const CardRequest& request)
      : request_(request), summary_(models::summarize(request.model)) {
    if (is_run_folder(request.model.model)) {
      run_ = read_run_facts(request.model.model);
      unknown_ = run_->unknown;
      unknown_.emplace_back(
          "who made the pictures, under which licences, and whom they show (no run records it)");
    } else {
      unknown_.emplace_back(
          "the data, its captions and rewrites, the recipe, the machine and the time of training "
          "(the model came without the folder of a run)");
    }
    read_results();
    if (request.license.empty()) {
      unknown_.emplace_back(
          "the licence of the weights (`--license` states it); it depends on the data and on the "
          "weights that training started from");
    }
    name_ = request.name;
    if (name_.empty()) {
      fs::path path = fs::path(request.model.model).lexically_normal();
      if (!path.has_filename()) path = path.parent_path();
      name_ = path.filename().string();
    }
  }

  std::string text() {
    // The head lists results, so that they are read first.
    std::string body = "# " + plain(name_) + "\n\n" + opening() + model() + of_run() +
                       result_section(rows_, run_ ? run_->record : Json(), best_) + limits() +
                       use() + not_known();
    return head() + body;
  }

 private:
  void read_results() {
    std::vector<std::string> places = request_.results;
    if (places.empty() && run_) {
      if (const auto own = results_of_run(run_->folder)) places.push_back(own->string());
    }
    std::vector<std::string> left_out;
    for (const std::string& place : places) {
      std::error_code unreadable;
      if (!fs::exists(place, unreadable))
        fail_input(place + ": there are no results", "a result file or a folder of them");
      for (ResultRow& row : read_result_rows(place, left_out)) rows_.push_back(std::move(row));
    }
    for (const std::string& sentence : left_out) log_warning("left out of the card: " + sentence);
    if (!left_out.empty())
      unknown_.push_back(std::to_string(left_out.size()) + " files beside the results");
    if (rows_.empty()) unknown_.emplace_back("how well it does: there are no results");
    if (run_) {
      std::error_code unreadable;
      const fs::path best = run_->folder / "best.json";
      if (fs::is_regular_file(best, unreadable)) best_ = try_json(read_file(best));
    }
  }

  std::string head() const {
    std::string head = "---\n";
    if (!request_.license.empty()) head += "license: " + yaml(request_.license) + "\n";
    head +=
        "library_name: open_clip\npipeline_tag: zero-shot-image-classification\n"
        "tags:\n- clip\n- clipwright\n";
    if (rows_.empty()) return head + "---\n\n";
    head += "model-index:\n- name: " + yaml(name_) + "\n  results:\n";
    for (const ResultRow& row : rows_) {
      head += "  - task:\n      type: " + yaml(row.task) +
              "\n    dataset:\n      type: " + yaml(row.set) + "\n      name: " + yaml(row.set) +
              "\n    metrics:\n    - type: " + yaml(row.metric) +
              "\n      value: " + Json(row.value).dump() + "\n";
    }
    return head + "---\n\n";
  }

  std::string opening() const {
    std::string text = "A CLIP model: pictures and texts in one space of " +
                       std::to_string(summary_.config.embed_dim) + " numbers";
    if (run_) {
      text += ", trained with `clipwright train`";
      if (run_->from_scratch()) text += " from drawn weights";
      if (const std::string start = run_->start(); !start.empty()) text += " from " + code(start);
    }
    return text + ". What is not known of it stands [at the end](#what-this-card-does-not-know).\n";
  }

  std::string model() const {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [what, value] : summary_.rows()) rows.push_back({what, plain(value)});
    return "\n## Model\n\n" + table({"part", "what"}, rows);
  }

  std::string of_run() const {
    return run_ ? training_section(*run_) + captions_section(*run_) + recipe_section(*run_) +
                      machine_section(*run_)
                : "";
  }

  std::string limits() const {
    std::vector<std::string> items = {
        "Texts are cut after " + std::to_string(summary_.config.text.context_length) +
            " tokens; the vocabulary is English, other languages cost many tokens a word.",
        "Similarities are comparable for one picture or one text, and are no probabilities.",
        "What its data show seldom or one-sidedly it knows badly; nobody has looked for harmful "
        "associations. Do not let it decide about people."};
    if (run_) {
      const int64_t pairs = count_of(run_->record, "pairs");
      if (run_->from_scratch() && pairs >= 0 && pairs < 10'000'000) {
        items.push_back("It was trained from drawn weights on " + with_commas(pairs) +
                        " pairs; published CLIP models saw 400 million and more. Expect it to be "
                        "of use near its own data alone.");
      }
      if (!run_->rewrites.empty()) {
        items.emplace_back(
            "Rewritten captions may say what a picture does not show: a language model has not "
            "seen it.");
      }
    }
    if (rows_.empty()) items.emplace_back("It was not evaluated, as far as this card knows.");
    return "\n## Limits\n\n" + bullets(items);
  }

  std::string use() const {
    std::string text = "\n## Use\n\n";
    const bool open_clip = models::beyond_open_clip(summary_.config).empty();
    text +=
        "    clipwright embed --model MODEL --texts captions.txt --output texts.npy\n"
        "    clipwright eval zeroshot --model MODEL --data SET\n";
    if (open_clip && !summary_.config.text.declip_numbering) {
      text +=
          "\nWith open_clip (of an open_clip directory, which `model convert` writes of anything "
          "else):\n\n"
          "    model, preprocess = open_clip.create_model_from_pretrained('local-dir:MODEL')\n"
          "    tokenizer = open_clip.get_tokenizer('local-dir:MODEL')\n";
    }
    return text +
           "\nFor transformers, immich, darktable and llama.cpp's tools: `clipwright model convert "
           "MODEL --format hf|onnx|gguf --output DIR`.\n";
  }

  std::string not_known() const {
    return "\n## What this card does not know\n\n" + bullets(unknown_);
  }

  const CardRequest& request_;
  models::ModelSummary summary_;
  std::optional<RunFacts> run_;
  std::vector<ResultRow> rows_;
  Json best_;
  std::string name_;
  std::vector<std::string> unknown_;
};

}  // namespace

std::string write_card(const CardRequest& request) { return Card(request).text(); }

}  // namespace clipwright::card

#include "rewrite/examples/example_coco.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::examples {
namespace {

using Plain = nlohmann::json;

struct Annotation {
  int64_t image = 0;
  std::string caption;
};

/// Calls `use` for each element of the top-level list "annotations" that has a whole number
/// "image_id" and a text "caption". Only the current element is held.
class AnnotationReader final : public nlohmann::json_sax<Plain> {
 public:
  explicit AnnotationReader(std::function<void(Annotation&)> use) : use_(std::move(use)) {}

  bool list_seen = false;
  int64_t elements = 0, annotations = 0;
  std::string error;  ///< of the JSON
  size_t error_byte = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return value > INT64_MAX || number(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& value) override {
    if (in_element() && key_ == "caption") {
      now_.caption = std::move(value);
      has_caption_ = true;
    }
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    ++depth_;
    if (in_element()) now_ = {}, has_image_ = has_caption_ = false;
    return true;
  }
  bool key(string_t& value) override {
    if (depth_ == 1) in_list_ = false, top_key_ = value;
    key_ = std::move(value);
    return true;
  }
  bool end_object() override {
    if (in_element()) {
      ++elements;
      if (has_image_ && has_caption_) {
        ++annotations;
        use_(now_);
      }
    }
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    if (depth_ == 2 && top_key_ == "annotations") in_list_ = list_seen = true;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& what) override {
    error = what.what();
    error_byte = position;
    return false;
  }

 private:
  /// Inside an object that is an element of the list: {"annotations": [{ here.
  bool in_element() const { return in_list_ && depth_ == 3; }
  bool number(int64_t value) {
    if (in_element() && key_ == "image_id") {
      now_.image = value;
      has_image_ = true;
    }
    return true;
  }

  std::function<void(Annotation&)> use_;
  Annotation now_;
  bool has_image_ = false, has_caption_ = false, in_list_ = false;
  int depth_ = 0;
  std::string key_, top_key_;
};

void read_annotations(const std::filesystem::path& path,
                      const std::function<void(Annotation&)>& use) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    fail_input(path.string() + ": cannot be read", "COCO's captions, e.g. captions_train2017.json");
  AnnotationReader reader(use);
  if (!Plain::sax_parse(file, &reader)) {
    fail_input(path.string() + ": stops being JSON at byte " + std::to_string(reader.error_byte),
               "a whole file of COCO's captions", "Download or unpack it again.");
  }
  if (reader.annotations == 0) {
    fail_input(path.string() + ": has no captions of pictures" +
                   (reader.list_seen ? " among " + with_commas(reader.elements) + " annotations"
                                     : ", for it has no list \"annotations\""),
               R"({"annotations": [{"image_id": 1, "caption": "..."}, ...]})",
               reader.list_seen ? "captions_*.json is needed; instances_*.json has boxes." : "");
  }
}

bool usable(const std::string& caption) {
  return prompt::check_example_text(caption).found.empty() && !caption.starts_with('#') &&
         prompt::count_words(caption) >= 2;
}

}  // namespace

ExampleDraft coco_examples(const std::filesystem::path& annotations,
                           const CocoExamplesOptions& options) {
  if (options.captions_each < 2 || options.captions_each > 16)
    fail_usage("--captions-each " + std::to_string(options.captions_each), "2 to 16");
  if (options.pictures < 1 || options.pictures > 4096)
    fail_usage("--pictures " + std::to_string(options.pictures), "1 to 4096");
  std::unordered_map<int64_t, uint32_t> counts;
  read_annotations(annotations, [&](Annotation& annotation) {
    if (usable(prompt::caption_blanks(annotation.caption))) ++counts[annotation.image];
  });
  // A keyed rank for each picture that has enough; more than needed, since captions may repeat.
  std::vector<std::pair<uint64_t, int64_t>> ranked;
  for (const auto& [image, count] : counts) {
    if (count < options.captions_each) continue;
    Random random(options.seed, "coco-examples", 0, static_cast<uint64_t>(image));
    const uint64_t high = random.bits();
    ranked.emplace_back(high << 32 | random.bits(), image);
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min(ranked.size(), 4 * options.pictures + 16));
  std::unordered_map<int64_t, std::vector<std::string>> texts;
  for (const auto& [rank, image] : ranked) texts[image];
  read_annotations(annotations, [&](Annotation& annotation) {
    const auto found = texts.find(annotation.image);
    std::string caption = prompt::caption_blanks(annotation.caption);
    if (found == texts.end() || !usable(caption)) return;
    const bool repeats =
        std::any_of(found->second.begin(), found->second.end(),
                    [&](const std::string& other) { return prompt::same_words(caption, other); });
    if (!repeats) found->second.push_back(std::move(caption));
  });
  ExampleDraft draft;
  std::string pictures;
  for (const auto& [rank, image] : ranked) {
    if (draft.rows.size() == options.pictures) break;
    std::vector<std::string> row = texts[image];
    std::erase_if(row, [&](const std::string& text) { return draft.holds(text); });
    if (row.size() < options.captions_each) continue;
    row.resize(options.captions_each);
    draft.rows.push_back(std::move(row));
    pictures += (pictures.empty() ? "" : " ") + std::to_string(image);
  }
  if (draft.rows.size() < options.pictures) {
    fail_input(annotations.string() + ": has " + std::to_string(draft.rows.size()) +
                   " pictures with " + std::to_string(options.captions_each) + " usable captions",
               std::to_string(options.pictures) + " of them",
               "Ask for fewer with --pictures or --captions-each.");
  }
  draft.note("pictures", pictures);
  return draft;
}

}  // namespace clipwright::rewrite::examples

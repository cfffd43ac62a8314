#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/loose_json.h"
#include "core/mapped_files.h"
#include "core/words.h"
#include "data/files/json_fields.h"
#include "data/source/columns.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

using Names = std::vector<std::string>;

/// What a row says; empty fields are missing.
struct Row {
  std::string key, image;
  std::vector<std::string> captions;
  LabelValue label;
  bool has_ideograph = false;  ///< YFCC15M: the caption is not taken because it holds one
};

/// The first field of these names that says something; a number is none for those of
/// `without_numbers`.
std::string first_text(const Json& object, const Names& names, const Names& without_numbers) {
  for (const std::string& name : names) {
    const Json* found = files::find_field(object, name);
    if (found == nullptr ||
        (found->is_number() &&
         std::find(without_numbers.begin(), without_numbers.end(), name) != without_numbers.end()))
      continue;
    if (std::string text = files::text_of(*found); !text.empty()) return text;
  }
  return {};
}

/// Whether a character of well-formed UTF-8 is an ideograph from U+4E00 to U+9FA5. Bytes sort as
/// characters do, and those inside a character come before every first one.
bool has_ideograph(std::string_view text) {
  constexpr std::string_view kFirst = "\u4E00", kLast = "\u9FA5";
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view character = text.substr(at, kFirst.size());
    if (character >= kFirst && character <= kLast) return true;
  }
  return false;
}

class JsonlDataset final : public Dataset {
 public:
  JsonlDataset(const std::string& path, SourceKind kind, const DataOptions& options)
      : kind_(kind),
        options_(options),
        image_names_(column_names(Column::kPicture, kind, options)),
        caption_names_(column_names(Column::kCaption, kind, options)),
        key_names_(column_names(Column::kKey, kind, options)),
        label_names_(column_names(Column::kLabel, kind, options)) {
    files_.add(path);
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
    read();
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    const Row at = row(index);
    if (!at.key.empty()) return at.key;
    return options_.pictures ? at.image : std::to_string(index);
  }
  std::string caption(int64_t index) const override { return captions(index)[0]; }
  std::vector<std::string> captions(int64_t index) const override {
    Row at = row(index);
    return at.captions.empty() ? std::vector<std::string>{""} : std::move(at.captions);
  }
  ImageBytes image(int64_t index) const override {
    return options_.pictures ? read_image_file(root_ / row(index).image)
                             : caption_without_picture();
  }
  int label(int64_t index) const override { return row(index).label.number; }
  std::string class_name(int64_t index) const override { return row(index).label.words; }
  std::string describe() const override {
    std::string text = (kind_ == SourceKind::kYfcc15m ? "YFCC15M " : "JSONL ") + path() + ": " +
                       with_commas(size()) + (options_.pictures ? " pairs" : " captions");
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  std::string path() const { return files_[0].path().string(); }

  void read() {
    const std::string_view text = files_[0].text();
    if (text.size() <= 4096 && text::unicode::trimmed(text).empty())
      fail_input(path() + ": is empty", "a JSON object a line");
    uint64_t at = records::first_json_line(text, path()), released = 0;
    Names fields;  // of the first object, for the message
    std::string_view line;
    int64_t number = 0;
    for (uint64_t start = at; records::next_line(text, at, line); start = at) {
      ++number;
      if (at - released > records::kScanStride) {
        released = at;
        files_.release();
      }
      if (text::unicode::trimmed(line).empty()) continue;
      const Json object = parse_loosely(text::unicode::trimmed(line));
      if (fields.empty() && object.is_object()) {
        for (const auto& [name, unused] : object.items()) fields.push_back(name);
      }
      if (takes(object, path() + ", line " + std::to_string(number))) offsets_.push_back(start);
    }
    files_.release();
    skipped_.report();
    offsets_.shrink_to_fit();
    if (options_.pictures && offsets_.empty())
      fail_input(path() + ": no line has a picture and a caption; " + skipped_.first());
    if (options_.pictures && kind_ == SourceKind::kJsonl)
      check_pictures(path(), root_, size(), [this](int64_t i) { return row(i).image; });
    if (options_.pictures || skipped_.skipped() < skipped_.rows()) return;
    if (fields.empty())
      fail_input(path() + ": no line is a JSON object; " + skipped_.first(),
                 "a JSON object a line");
    lacks_column(path(), fields, Column::kCaption, kind_, options_, " " + skipped_.first() + ".");
  }

  /// Whether a line is one of the dataset's, counted as usable or not.
  bool takes(const Json& object, const std::string& place) {
    if (!object.is_object()) {
      skipped_.skip("not JSON", place + ": is not a JSON object");
      skipped_.check(options_.max_skipped_share);
      return !options_.pictures;
    }
    const Row row = row_of(object);
    constexpr const char* kIdeograph =
        ": has a caption with a CJK ideograph (U+4E00 to U+9FA5), which YFCC15M leaves out";
    if (!options_.pictures) {
      if (row.has_ideograph) {
        skipped_.skip("CJK ideograph", place + kIdeograph);
      } else if (row.captions.empty()) {
        skipped_.skip("no caption",
                      place + ": has no caption" +
                          place_of_nested(object, caption_names_, "--caption-column"));
      } else {
        skipped_.use();
      }
      return true;
    }
    const int64_t usable = skipped_.rows() - skipped_.skipped();
    if (row.image.empty()) {
      skipped_.skip("no picture", place + ": has no picture (looked for " + listed(image_names_) +
                                      ")" + place_of_nested(object, image_names_, "--csv-img-key"));
    } else if (row.has_ideograph) {
      skipped_.skip("CJK ideograph", place + kIdeograph);
    } else if (options_.labels && row.label.empty()) {
      skipped_.skip("no label", place + ": has no label (looked for " + listed(label_names_) + ")");
    } else if (row.captions.empty() && (row.label.empty() || kind_ == SourceKind::kYfcc15m)) {
      skipped_.skip("no caption", place + ": has no caption (looked for " + listed(caption_names_) +
                                      (kind_ == SourceKind::kYfcc15m ? ")" : ", captions)") +
                                      place_of_nested(object, caption_names_, "--csv-caption-key"));
    } else {
      if (options_.labels) check_label(row.label, place);
      skipped_.use();
    }
    skipped_.check(options_.max_skipped_share);
    return skipped_.rows() - skipped_.skipped() > usable;
  }

  Row row_of(const Json& object) const {
    Row row;
    row.key = first_text(object, key_names_, image_names_);
    if (kind_ == SourceKind::kYfcc15m) {
      take_yfcc15m_caption(object, row);
      row.image = row.key;
      row.label = label_of(object);
      return row;
    }
    take_captions(object, row.captions);
    row.image = first_text(object, image_names_, image_names_);
    row.label = label_of(object);
    return row;
  }

  /// The first field of captions that says something, then `captions`, unless the field is named
  /// and there: a list in either is all captions of the picture.
  void take_captions(const Json& object, std::vector<std::string>& captions) const {
    for (const std::string& name : caption_names_) {
      const Json* field = files::find_field(object, name);
      if (field != nullptr) files::add_captions(*field, captions);
      if (captions.empty()) continue;
      if (!named_column(Column::kCaption, options_).empty()) return;
      break;
    }
    if (!options_.caption_column.empty()) return;
    for (const char* name : {"captions", "sentences"}) {
      std::vector<std::string> several;
      if (const Json* field = files::find_field(object, name); field != nullptr)
        files::add_captions(*field, several);
      for (std::string& text : several) {
        if (captions.empty() || text != captions[0]) captions.push_back(std::move(text));
      }
      if (!several.empty()) return;
    }
  }

  /// Where a field stands that was looked for and not found; empty when it is nowhere.
  static std::string place_of_nested(const Json& object, const Names& names,
                                     const std::string& flag) {
    const std::string found = files::nested_place(object, names);
    return found.empty() ? std::string() : "; there is " + found + ", which " + flag + " may name";
  }

  /// Of a list of captions the first entry, whatever it is.
  void take_yfcc15m_caption(const Json& object, Row& row) const {
    const auto caption = object.find(caption_names_[0]);
    if (caption == object.end()) return;
    const Json& first = caption->is_array() && !caption->empty() ? caption->front() : *caption;
    if (!first.is_string()) return;
    const std::string_view text = text::unicode::trimmed(first.get_ref<const std::string&>());
    row.has_ideograph = has_ideograph(text);
    if (!row.has_ideograph && !text.empty()) row.captions.emplace_back(text);
  }

  LabelValue label_of(const Json& object) const {
    for (const std::string& name : label_names_) {
      const auto label = object.find(name);
      if (label == object.end()) continue;
      LabelValue value;
      if (label->is_number()) value = label_value(label->dump());
      if (label->is_boolean()) value = label_value(label->get<bool>() ? "1" : "0");
      if (label->is_string() && options_.labels)
        value = label_value(text::unicode::trimmed(label->get_ref<const std::string&>()));
      // Words count as a label only where labels are asked for.
      if (!options_.labels) value.words.clear();
      if (!value.empty()) return value;
    }
    return {};
  }

  Row row(int64_t index) const {
    const std::string_view rest = files_.from(0, offsets_[static_cast<size_t>(index)]);
    const Json object = parse_loosely(text::unicode::trimmed(rest.substr(0, rest.find('\n'))));
    return object.is_object() ? row_of(object) : Row();
  }

  MappedFiles files_;
  std::filesystem::path root_;
  SourceKind kind_;
  DataOptions options_;
  Names image_names_, caption_names_, key_names_, label_names_;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_jsonl(const std::string& path, SourceKind kind,
                                    const DataOptions& options) {
  return std::make_unique<JsonlDataset>(path, kind, options);
}

}  // namespace clipwright::data::source

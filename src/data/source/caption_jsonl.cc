#include <algorithm>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "data/source/caption_tables.h"
#include "core/mapped_files.h"
#include "data/source/skipped.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr uint64_t kScanStride = 64 << 20;
constexpr double kMostBadRows = 0.05;

class CaptionJsonl final : public CaptionTableFile {
 public:
  explicit CaptionJsonl(const CaptionTableOptions& options)
      : path_(options.path), caption_(options.caption_column), key_(options.key_column) {
    files_.add(path_);
    scan();
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    const std::string key = value(object(index), key_, key_names());
    return key.empty() ? std::to_string(index) : key;
  }
  std::string caption(int64_t index) const override {
    return value(object(index), caption_, caption_names());
  }
  std::string describe() const override {
    std::string text = "JSONL " + path_ + ": " + with_commas(size()) + " captions";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  /// A text or whole number of an object: of `name`, or of the first of `usual` that has one.
  static std::string value(const Json& object, const std::string& name,
                           const std::vector<std::string>& usual) {
    if (!object.is_object()) return {};
    const auto text_of = [&](const std::string& field) -> std::string {
      const auto found = object.find(field);
      if (found == object.end()) return {};
      if (found->is_string()) return std::string(text::unicode::trimmed(found->get_ref<const std::string&>()));
      return found->is_number_integer() ? found->dump() : std::string();
    };
    if (!name.empty()) return text_of(name);
    for (const std::string& field : usual) {
      if (std::string text = text_of(field); !text.empty()) return text;
    }
    return {};
  }

  void scan() {
    const std::string_view text = files_[0].text();
    if (text::unicode::trimmed(text.substr(0, 4096)).empty() && text.size() <= 4096)
      fail_input(path_ + ": is empty", "a JSON object a line");
    uint64_t at = 0, released = 0;
    std::vector<std::string> fields;  // of the first object, for the message
    for (int64_t line = 1; at < text.size(); ++line) {
      const uint64_t end = std::min<uint64_t>(text.find('\n', at), text.size());
      const std::string_view raw = text::unicode::trimmed(text.substr(at, end - at));
      if (!raw.empty()) {
        const std::string place = path_ + ", line " + std::to_string(line);
        const Json object = Json::parse(raw, nullptr, false);
        if (fields.empty() && object.is_object()) {
          for (const auto& [name, unused] : object.items()) fields.push_back(name);
        }
        if (!object.is_object()) {
          skipped_.skip("not JSON", place + ": is not a JSON object");
          skipped_.check(kMostBadRows);
        } else if (value(object, caption_, caption_names()).empty()) {
          skipped_.skip("no caption", place + ": has no caption");
        } else {
          skipped_.use();
        }
        offsets_.push_back(at);
      }
      at = end + 1;
      if (at - released > kScanStride) {
        released = at;
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    if (skipped_.skipped() == skipped_.rows()) {
      if (fields.empty())
        fail_input(path_ + ": no line is a JSON object; " + skipped_.first(),
                   "a JSON object a line");
      lacks_column(path_, fields, caption_, "captions", "--caption-column");
    }
    offsets_.shrink_to_fit();
  }

  Json object(int64_t index) const {
    const std::string_view rest = files_.from(0, offsets_[static_cast<size_t>(index)]);
    return Json::parse(rest.substr(0, rest.find('\n')), nullptr, false);
  }

  std::string path_, caption_, key_;
  MappedFiles files_;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_caption_jsonl(const CaptionTableOptions& options) {
  return std::make_unique<CaptionJsonl>(options);
}

}  // namespace clipwright::data::source

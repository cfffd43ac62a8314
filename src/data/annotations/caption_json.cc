#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/loose_json.h"
#include "core/words.h"
#include "data/annotations/captioned_pictures.h"
#include "text/text_file.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::annotations {
namespace {

constexpr const char* kExpected =
    "COCO's or Karpathy's JSON ('images', 'annotations'), or a list of pictures with captions";

/// The file without the fields that nobody reads: Karpathy's holds every caption four times.
Json read_wanted(const std::filesystem::path& path) {
  static const std::vector<std::string_view> kWanted = {
      "images", "annotations", "id",    "image_id", "file_name", "filename",  "filepath",
      "image",  "image_path",  "split", "caption",  "captions",  "sentences", "raw"};
  const MappedFile file(path);
  const size_t start = text::text_start(file.text(), path);
  const std::string_view text = file.text().substr(start);
  Json wanted = parse_loosely(text, [](int, Json::parse_event_t event, Json& value) {
    return event != Json::parse_event_t::key ||
           std::find(kWanted.begin(), kWanted.end(), value.get_ref<const std::string&>()) !=
               kWanted.end();
  });
  if (!wanted.is_discarded()) return wanted;
  if (nested_too_deeply(text)) return parse_json(text, path.string());  // says so
  try {
    return Json::parse(text);  // for the place at which it stops being JSON
  } catch (const nlohmann::json::exception& error) {
    fail_input(path.string() + ": is not valid JSON (" + error.what() + ")", kExpected,
               "For an object a line say --dataset-type jsonl.");
  }
}

const Json* field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* name) {
  const Json* value = field(object, name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(text::unicode::trimmed(value->get_ref<const std::string&>()));
}

/// An id as it stands in JSON: exact for any number of digits, and 7 is not "7".
std::string id_of(const Json& object, const char* name) {
  const Json* value = field(object, name);
  return value != nullptr && (value->is_number_integer() || value->is_string()) ? to_line(*value)
                                                                                : std::string();
}

std::string path_of(const Json& picture) {
  for (const char* name : {"file_name", "filename"}) {
    const std::string file = text_of(picture, name), folder = text_of(picture, "filepath");
    if (!file.empty()) return folder.empty() ? file : folder + "/" + file;
  }
  for (const char* name : {"image", "image_path", "filepath"}) {
    if (std::string path = text_of(picture, name); !path.empty()) return path;
  }
  return {};
}

class CaptionJson {
 public:
  CaptionJson(const std::filesystem::path& path, const std::string& split)
      : path_(path.string()), split_(split) {}

  CaptionedPictures read() {
    const Json file = read_wanted(path_);
    const Json* images = file.is_array() ? &file : nullptr;
    if (file.is_object()) images = field(file, "images");
    if (images == nullptr || !images->is_array()) {
      fail_input(path_ + ": holds no list of pictures" +
                     (file.is_object() ? " ('images')" : std::string()),
                 kExpected, "For an object a line say --dataset-type jsonl.");
    }
    const bool splits = choose_split(*images);
    for (size_t i = 0; i < images->size(); ++i) add_picture((*images)[i], i, splits);
    const Json* annotations = file.is_object() ? field(file, "annotations") : nullptr;
    if (annotations != nullptr && annotations->is_array()) {
      for (size_t i = 0; i < annotations->size(); ++i) add_annotation((*annotations)[i], i);
    }
    found_.kind = annotations != nullptr ? "COCO JSON" : splits ? "Karpathy JSON" : "caption JSON";
    if (splits) found_.kind += " (split " + split_ + ")";
    drop_uncaptioned();
    return std::move(found_);
  }

 private:
  /// Whether the file has splits, `split_` among them.
  bool choose_split(const Json& images) const {
    std::map<std::string, int64_t> splits;
    for (const Json& picture : images) {
      const std::string split = picture.is_object() ? text_of(picture, "split") : std::string();
      if (!split.empty()) ++splits[split];
    }
    if (splits.empty() || splits.contains(split_)) return !splits.empty();
    std::vector<std::string> names;
    for (const auto& [name, pictures] : splits) names.push_back(name);
    fail_usage(path_ + ": holds the splits " + listed(names, " and ") +
                   (split_.empty() ? "" : ", and no '" + split_ + "'"),
               "--split with one of them");
  }

  void unusable(const std::string& reason, const std::string& sentence) {
    found_.unusable.push_back({reason, path_ + ": " + sentence});
  }

  void add_picture(const Json& object, size_t number, bool splits) {
    const std::string place = "picture " + std::to_string(number);
    if (!object.is_object()) return unusable("not an object", place + " is not an object");
    const std::string id = id_of(object, "id");
    if (splits && text_of(object, "split") != split_) return;
    CaptionedPicture picture{.path = path_of(object)};
    if (picture.path.empty()) {
      return unusable("no picture",
                      place + " has no file (looked for file_name, filename, image, filepath)");
    }
    if (!id.empty() && !index_.try_emplace(id, found_.pictures.size()).second)
      return unusable("id again", place + " (" + picture.path + ") has the id " + id + " again");
    for (const char* name : {"caption", "captions", "sentences"}) {
      const Json* value = field(object, name);
      if (value == nullptr) continue;
      const Json one = Json::array({*value});
      for (const Json& caption : value->is_array() ? *value : one) take(caption, picture, place);
    }
    found_.pictures.push_back(std::move(picture));
  }

  void add_annotation(const Json& object, size_t number) {
    const std::string place = "annotation " + std::to_string(number);
    if (!object.is_object()) return unusable("not an object", place + " is not an object");
    const auto picture = index_.find(id_of(object, "image_id"));
    if (picture == index_.end())
      return unusable("no picture", place + " belongs to no picture of the file (image_id)");
    const Json* caption = field(object, "caption");
    if (caption == nullptr) return unusable("no caption", place + " has no caption");
    take(*caption, found_.pictures[picture->second], place);
  }

  /// A caption: a text, or Karpathy's object with the text as `raw`.
  void take(const Json& caption, CaptionedPicture& picture, const std::string& place) {
    const Json* value = caption.is_object() ? field(caption, "raw") : &caption;
    if (value == nullptr || !value->is_string())
      return unusable("no caption", place + " has a caption that is no text");
    const std::string_view text = text::unicode::trimmed(value->get_ref<const std::string&>());
    if (text.empty()) return unusable("blank caption", place + " has a blank caption");
    picture.captions.emplace_back(text);
  }

  void drop_uncaptioned() {
    for (const CaptionedPicture& picture : found_.pictures) {
      if (picture.captions.empty()) unusable("no caption", picture.path + " has no caption");
    }
    std::erase_if(found_.pictures,
                  [](const CaptionedPicture& picture) { return picture.captions.empty(); });
  }

  const std::string path_, split_;
  CaptionedPictures found_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace

CaptionedPictures read_caption_json(const std::filesystem::path& path, const std::string& split) {
  return CaptionJson(path, split).read();
}

}  // namespace clipwright::data::annotations

#include "data/gcompris/pictures.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "data/files/file_names.h"
#include "data/gcompris/board.h"
#include "data/image/image_decoder.h"
#include "text/sentences.h"

namespace clipwright::data::gcompris {
namespace {

constexpr std::string_view kActivities = "/gcompris/src/activities/";
constexpr std::string_view kCategories = "/gcompris/src/activities/categorization/resource/images/";
constexpr std::string_view kWords = "/gcompris/src/activities/lang/resource/words_sample.json";

// Names that can stand in a prompt. GCompris calls the third "others": what is in none of the other
// four. Folders of letters and numbers hold one picture each, of blocks.
constexpr std::pair<std::string_view, std::string_view> kCategoryNames[] = {
    {"fishes", "fish"},
    {"monuments", "monuments"},
    {"others", "household objects"},
    {"renewable", "renewable energy"},
    {"tools", "tools"}};

constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
    {"explore_farm_animals", "animals"},
    {"explore_world_animals", "animals"},
    {"explore_monuments", "monuments"},
    {"explore_world_music", "music"}};

template <size_t N>
std::string_view looked_up(const std::pair<std::string_view, std::string_view> (&table)[N],
                           std::string_view key) {
  for (const auto& [name, value] : table) {
    if (name == key) return value;
  }
  return {};
}

std::string_view folder_of(std::string_view path) {
  return path.substr(0, std::min(path.rfind('/'), path.size()));
}
std::string_view base_of(std::string_view path) { return path.substr(folder_of(path).size() + 1); }

/// Control characters and line ends become blanks, so that a name is a line and a column.
std::string in_one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  const size_t first = line.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

/// Whether two names differ by one letter that is another, or is in only one of them. A digit is no
/// slip: fish8 and fish9 are two pictures.
bool is_slip(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.size() - b.size() > 1) return false;
  const size_t same =
      static_cast<size_t>(std::mismatch(b.begin(), b.end(), a.begin()).first - b.begin());
  if (same == a.size()) return false;
  const bool digit = std::isdigit(static_cast<unsigned char>(a[same])) ||
                     (same < b.size() && std::isdigit(static_cast<unsigned char>(b[same])));
  return !digit && a.substr(same + 1) == b.substr(a.size() == b.size() ? same + 1 : same);
}

std::string json_text(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class Finder {
 public:
  explicit Finder(const CopyrightFile& copyright) : copyright_(copyright) {}

  PictureLists find(const std::vector<std::filesystem::path>& paths) {
    for (const auto& path : paths)
      lists_.resources.push_back(std::make_unique<files::QtResource>(path));
    for (const auto& resource : lists_.resources) {
      for (const files::ResourceFile& file : resource->files())
        files_.try_emplace(file.path, Place{resource.get(), &file});  // of translations the first
    }
    for (const auto& [path, place] : files_) {
      if (path.starts_with(kCategories)) add_category(path);
      if (path.starts_with(kActivities) && path.find("/resource/board/") != std::string::npos &&
          path.ends_with(".qml"))
        add_board(path, place);
    }
    if (const auto words = files_.find(kWords); words != files_.end()) add_words(words->second);
    for (const auto& [what, count] : uncategorised_) {
      lists_.left_out += count;
      lists_.notes.push_back("categorization/resource/images/" + what + ": " +
                             std::to_string(count) + " of no category left out");
    }
    lists_.text_terms.assign(terms_.begin(), terms_.end());
    return std::move(lists_);
  }

 private:
  struct Place {
    const files::QtResource* resource;
    const files::ResourceFile* file;
  };

  void add_category(const std::string& path) {
    if (!files::is_image_name(path)) return;
    const std::string folder(folder_of(path).substr(kCategories.size()));
    const std::string_view name = looked_up(kCategoryNames, folder);
    if (name.empty()) {
      ++uncategorised_[folder];
      return;
    }
    add(lists_.categories, path, folder, std::string(name), {});
  }

  void add_board(const std::string& path, const Place& place) {
    const std::string_view rest = std::string_view(path).substr(kActivities.size());
    const std::string_view kind = looked_up(kKinds, rest.substr(0, rest.find('/')));
    if (kind.empty()) return;
    const Board board = read_board(place.resource->read(*place.file), path);
    for (const std::string& author : board.authors)
      terms_.insert(in_one_line(board.licence + ", " + author));
    for (const BoardEntry& entry : board.entries) {
      const std::string title = in_one_line(entry.title);
      if (title.empty() || entry.picture.empty()) {
        leave_out(path + ": an entry without " + (title.empty() ? "a title" : "a picture"));
        continue;
      }
      std::vector<std::string> sentences;
      for (const std::string_view sentence : text::split_sentences(entry.text))
        sentences.push_back(in_one_line(sentence));
      // Asked for by a sentence of its own, not by the title again.
      const std::string question = in_one_line(entry.question);
      if (question.ends_with('.') &&
          std::find(sentences.begin(), sentences.end(), question) == sentences.end())
        sentences.push_back(question);
      add(lists_.titled, entry.picture, std::string(kind), title, std::move(sentences));
    }
  }

  void add_words(const Place& place) {
    const std::string path(kWords);
    const Json words = parse_json(place.resource->read(*place.file), path);
    const auto parts_of = [](const Json& object) {
      const auto found = object.is_object() ? object.find("content") : object.end();
      return found != object.end() && found->is_array() ? *found : Json::array();
    };
    for (const Json& chapter : words.is_array() ? words : Json::array()) {
      std::string prefix = json_text(chapter, "imgPrefix");
      if (prefix.starts_with("qrc:")) prefix.erase(0, 4);
      for (const Json& lesson : parts_of(chapter)) {
        for (const Json& word : parts_of(lesson)) {
          const std::string name = in_one_line(json_text(word, "description"));
          const std::string picture = json_text(word, "image");
          if (name.empty() || picture.empty()) {
            leave_out(path + ": an entry without a word or a picture");
          } else {
            add(lists_.drawings, prefix + picture, in_one_line(json_text(lesson, "name")), name,
                {});
          }
        }
      }
    }
    if (lists_.drawings.empty())
      lists_.notes.push_back(path + " is no list of words with pictures; there are no drawings");
  }

  void add(std::vector<Picture>& list, const std::string& path, std::string group, std::string name,
           std::vector<std::string> sentences) {
    const auto found = files_.find(path);
    if (found == files_.end()) return leave_out(path + " is not in the resources");
    const Place& place = found->second;
    const std::string bytes = place.resource->read(*place.file);
    std::string problem;
    if (!files::is_image_name(path)) {
      problem = "is no picture file";
    } else {
      reader_.open(std::as_bytes(std::span(bytes)), problem);
    }
    if (!problem.empty()) return leave_out(path + ": " + problem);
    Picture picture{.resource = place.resource,
                    .file = place.file,
                    .group = std::move(group),
                    .name = std::move(name),
                    .sentences = std::move(sentences)};
    give_credit(picture);
    list.push_back(std::move(picture));
  }

  /// Names and credits of the README that is nearest above a picture.
  struct Readme {
    std::string folder;
    std::map<std::string, Credit> credits;
    std::vector<std::string> without_file;  ///< names that no file in the resources has
  };
  const Readme* readme_of(std::string_view path) {
    for (std::string_view folder = folder_of(path); folder.size() > kActivities.size();
         folder = folder_of(folder)) {
      const std::string readme = std::string(folder) + "/README";
      if (const auto known = readmes_.find(readme); known != readmes_.end()) return &known->second;
      const auto found = files_.find(readme);
      if (found == files_.end()) continue;
      Readme& read = readmes_[readme];
      read.folder = std::string(folder) + "/";
      read.credits = read_readme(found->second.resource->read(*found->second.file));
      for (const auto& [name, credit] : read.credits) {
        if (!files_.contains(read.folder + name)) read.without_file.push_back(name);
      }
      return &read;
    }
    return nullptr;
  }

  void give_credit(Picture& picture) {
    const std::string& path = picture.file->path;
    if (const Readme* readme = readme_of(path)) {
      const std::string name = path.substr(readme->folder.size());
      auto found = readme->credits.find(name);
      if (found == readme->credits.end()) {
        for (const std::string& other : readme->without_file) {
          if (is_slip(name, other)) found = readme->credits.find(other);
        }
      }
      if (found != readme->credits.end()) {
        picture.credit = found->second;
        picture.stated = "README beside it";
        if (found->first != name) picture.stated += " (as " + found->first + ")";
      }
    }
    const std::string_view in_source =
        std::string_view(path).substr(std::string("/gcompris/").size());
    const CopyrightFile::Answer answer = copyright_.find(in_source);
    if (answer.pattern.empty()) return;
    if (picture.stated.empty() && !answer.other_ending) {
      picture.credit = answer.credit;
      picture.stated = "copyright file of the package (" + answer.pattern + ")";
      return;
    }
    picture.package =
        answer.credit.licence + ", " + answer.credit.author + " (of " +
        (answer.other_ending ? std::string(base_of(answer.pattern)) : answer.pattern) + ")";
  }

  void leave_out(std::string what) {
    ++lists_.left_out;
    lists_.notes.push_back(std::move(what) + "; left out");
  }

  const CopyrightFile& copyright_;
  PictureLists lists_;
  std::map<std::string, Place, std::less<>> files_;
  std::map<std::string, Readme> readmes_;
  std::map<std::string, int64_t> uncategorised_;
  std::set<std::string> terms_;
  image::ImageReader reader_;
};

}  // namespace

std::string Picture::extension() const { return files::lower_extension(file->path); }

PictureLists find_pictures(const std::vector<std::filesystem::path>& resources,
                           const CopyrightFile& copyright) {
  return Finder(copyright).find(resources);
}

}  // namespace clipwright::data::gcompris

// Whatever reads lines says what a file is that has none: one test over all such readers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "core/error.h"
#include "data/annotations/captioned_pictures.h"
#include "data/source/dataset.h"
#include "data/tools/manifest.h"
#include "records/caption_source.h"
#include "records/jsonl.h"
#include "records/kept_texts.h"
#include "records/lines.h"
#include "records/reader.h"
#include "tests/temporary_folder.h"
#include "tests/text/foreign_forms.h"
#include "text/templates/templates.h"

namespace clipwright::data::source {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct LineBased {
  std::string name;  ///< of the file that it takes
  std::function<void(const std::string& path)> read;
  bool json = false;  ///< an object a line
  bool gzip = false;  ///< reads compressed lines too
};

void open(const std::string& path, const std::string& type, bool pictures = true,
          bool labels = false) {
  open_dataset({.source = path, .type = type, .pictures = pictures, .labels = labels});
}

std::vector<LineBased> readers() {
  return {
      {"list.txt", [](const std::string& path) { records::LineReader reader(path); }},
      {"rewrites.txt", [](const std::string& path) { records::Lines lines(path); }},
      {"captions.txt", [](const std::string& path) { records::CaptionLines lines(path); }},
      {"captions.txt", [](const std::string& path) { records::count_lines(path); }},
      {"rewrites.jsonl", [](const std::string& path) { records::open_reader(path); }, true},
      {"records.jsonl",
       [](const std::string& path) {
         records::each_kept_text(
             path, [](const Sha256&, const Json&) {}, [](const records::KeptText&) {});
       },
       false, true},
      {"templates.txt", [](const std::string& path) { text::templates::load_templates(path); }},
      {"pairs.csv", [](const std::string& path) { open(path, "auto"); }},
      {"pairs.tsv", [](const std::string& path) { open(path, "auto"); }},
      {"pairs.csv", [](const std::string& path) { open(path, "csv"); }},
      {"labels.csv", [](const std::string& path) { open(path, "csv", true, true); }},
      {"laclip.csv", [](const std::string& path) { open(path, "laclip-csv"); }},
      {"pairs.jsonl", [](const std::string& path) { open(path, "auto"); }, true},
      {"pairs.txt", [](const std::string& path) { open(path, "jsonl"); }, true},
      {"yfcc15m.json", [](const std::string& path) { open(path, "yfcc15m"); }, true},
      {"coco.json", [](const std::string& path) { open(path, "caption-json"); }},
      {"flickr.txt", [](const std::string& path) { open(path, "auto"); }},
      {"flickr.token", [](const std::string& path) { open(path, "flickr-text"); }},
      {"pairs.of_no_known_kind", [](const std::string& path) { open(path, "auto"); }},
      {"captions.csv", [](const std::string& path) { open(path, "auto", false); }},
      {"captions.tsv", [](const std::string& path) { open(path, "auto", false); }},
      {"captions.jsonl", [](const std::string& path) { open(path, "auto", false); }, true},
      {"captions.txt", [](const std::string& path) { open(path, "auto", false); }},
      {"manifest.jsonl", [](const std::string& path) { tools::compare_manifests(path, path); },
       true},
  };
}

std::string complaint(const LineBased& reader, const std::string& path) {
  try {
    reader.read(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
    return error.what();
  }
  return "no complaint of " + path;
}

TEST(FirstBytes, EveryReaderOfLinesNamesTheFormOfWhatHasNone) {
  const TemporaryFolder folder;
  for (const LineBased& reader : readers()) {
    for (const ForeignForm& form : foreign_forms()) {
      const bool own = reader.gzip && form.name == "gzip";
      const std::string path = folder.write(reader.name, form.bytes);
      EXPECT_THAT(complaint(reader, path),
                  AllOf(HasSubstr(path + ": is "), HasSubstr(own ? "damaged" : form.name)))
          << reader.name;
    }
  }
}

TEST(FirstBytes, AMarkOfUtf8IsNoPartOfTheFirstLine) {
  const TemporaryFolder folder;
  const std::string mark = "\xef\xbb\xbf", row = R"({"caption": "a dog"})";
  const std::map<std::string, std::string> first = {
      {"records.jsonl", "{\"clipwright_records\": 1}\n"},
      {"templates.txt", "a photo of a {c}\n"},
      {"captions.csv", "caption\na dog\n"},
      {"captions.tsv", "caption\na dog\n"},
      {"captions.jsonl", row + "\n"}};
  for (const LineBased& reader : readers()) {
    const auto wanted = first.find(reader.name);
    if (wanted == first.end()) continue;
    EXPECT_NO_THROW(reader.read(folder.write(reader.name, mark + wanted->second))) << reader.name;
  }
}

TEST(FirstBytes, OneJsonListInPlaceOfLinesIsSaidWithWhatToDo) {
  const TemporaryFolder folder;
  const std::string object = R"({"filename": "a.jpg", "caption": "a dog"})";
  for (const LineBased& reader : readers()) {
    if (!reader.json) continue;
    for (const std::string& list :
         {"[" + object + ", " + object + "]", "[\n  " + object + ",\n  " + object + "\n]\n",
          "\n[" + object + ",\n" + object + "]", std::string("[\n]"), std::string("[]\n"),
          "\xef\xbb\xbf[" + object + "]", std::string("[{\n\"caption\": \"a dog\"\n}]")}) {
      const std::string path = folder.write(reader.name, list);
      EXPECT_THAT(complaint(reader, path),
                  AllOf(HasSubstr(path + ": is one JSON list"),
                        HasSubstr("expected a JSON object a line"), HasSubstr("jq -c")))
          << reader.name << ": " << list;
    }
  }
}

// A damaged line is counted, wherever it stands.
TEST(FirstBytes, AFirstLineThatIsNoObjectIsOneDamagedLine) {
  const TemporaryFolder folder;
  for (const char* damaged : {"[1, 2]", "[cut", "[]", "[{\"caption\": \"a dog\"}]", "oops"}) {
    std::string lines = std::string(damaged) + "\n";
    for (int i = 0; i < 60; ++i) lines += "{\"caption\": \"a dog\"}\n";
    const auto captions =
        open_dataset({.source = folder.write("captions.jsonl", lines), .pictures = false});
    EXPECT_EQ(captions->size(), 61) << damaged;
    EXPECT_EQ(captions->caption(0), "") << damaged;
    EXPECT_EQ(captions->caption(1), "a dog") << damaged;
  }
}

}  // namespace
}  // namespace clipwright::data::source

#include <zlib.h>

#include <memory>

#include "audit/calibration/calibration.h"
#include "audit/pairs/pairs.h"
#include "core/error.h"
#include "core/file.h"

namespace clipwright::audit::calibration {
namespace {

void add_text(std::string text, std::vector<CalibrationCaption>& captions) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  if (!text.empty())
    captions.push_back({.key = std::to_string(captions.size()), .text = std::move(text)});
}

/// Calls `take` for each line of a gzipped file.
template <typename Take>
void read_gzipped_lines(const fs::path& path, const Take& take) {
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) fail_input(path.string() + ": cannot be opened", "a gzipped file");
  std::string line;
  char block[1 << 14];
  int count = 0;
  while ((count = gzread(file.get(), block, sizeof block)) > 0) {
    for (int i = 0; i < count; ++i) {
      if (block[i] != '\n') {
        line += block[i];
        continue;
      }
      take(line);
      line.clear();
    }
  }
  if (count < 0) fail_input(path.string() + ": is damaged", "a whole gzipped file");
  if (!line.empty()) take(line);
}

}  // namespace

std::vector<CalibrationCaption> shipped_captions() {
  std::vector<CalibrationCaption> captions;
  for (std::string& text : pairs::shipped_example_texts()) add_text(std::move(text), captions);
  read_gzipped_lines(shared_file("data/demo/rewrites.jsonl.gz"), [&](const std::string& line) {
    const Json row = Json::parse(line, nullptr, false);
    if (row.is_object() && row.contains("source") && row["source"].is_string())
      add_text(row["source"].get<std::string>(), captions);
  });
  return captions;
}

std::vector<pairs::AuditPair> shipped_rewrites() {
  std::vector<pairs::AuditPair> pairs;
  read_gzipped_lines(shared_file("data/demo/rewrites.jsonl.gz"), [&](const std::string& line) {
    const Json row = Json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains("source") || !row.contains("text")) return;
    pairs.push_back({.key = std::to_string(pairs.size()),
                     .mode = row.value("mode", ""),
                     .source = row.value("source", ""),
                     .text = row.value("text", "")});
  });
  return pairs;
}

std::vector<CalibrationCaption> read_captions(const std::vector<std::string>& files) {
  std::vector<CalibrationCaption> captions;
  for (const std::string& file : files) {
    pairs::check_caption_lines(file);
    pairs::LineReader reader(file);
    std::string line;
    while (reader.next(line)) add_text(line, captions);
  }
  return captions;
}

}  // namespace clipwright::audit::calibration

#include "audit/calibration/example_texts.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "records/kept_texts.h"
#include "records/lines.h"

namespace clipwright::audit::calibration {
namespace {

void add_text(std::string text, std::vector<CalibrationCaption>& captions) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  if (!text.empty())
    captions.push_back({.key = std::to_string(captions.size()), .text = std::move(text)});
}

/// The captions of the demo with the rewrites that a small language model made of them.
template <typename Use>
void each_shipped_rewrite(const Use& use) {
  records::each_kept_text(
      shared_file("data/demo/rewrites.jsonl.gz"), [](const Sha256&, const Json&) {}, use);
}

}  // namespace

std::vector<std::string> read_example_texts(const fs::path& path) {
  records::LineReader reader(path);
  std::vector<std::string> texts;
  std::string line;
  while (reader.next(line)) {
    if (line.starts_with('#')) continue;
    for (size_t at = line.find("=>"); at != std::string::npos; at = line.find("=>", at))
      line.replace(at, 2, "\t");
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find('\t', at), line.size());
      if (end > at) texts.push_back(line.substr(at, end - at));
      at = end + 1;
    }
  }
  return texts;
}

std::vector<std::string> shipped_example_texts() {
  std::vector<fs::path> packs;
  for (const auto& entry : fs::directory_iterator(shared_file("data/examples"))) {
    if (entry.path().extension() == ".tsv") packs.push_back(entry.path());
  }
  std::sort(packs.begin(), packs.end());
  std::vector<std::string> texts;
  for (const fs::path& pack : packs) {
    for (std::string& text : read_example_texts(pack)) texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<CalibrationCaption> shipped_captions() {
  std::vector<CalibrationCaption> captions;
  for (std::string& text : shipped_example_texts()) add_text(std::move(text), captions);
  each_shipped_rewrite([&](const records::KeptText& kept) { add_text(kept.source, captions); });
  return captions;
}

std::vector<pairs::AuditPair> shipped_rewrites() {
  std::vector<pairs::AuditPair> pairs;
  each_shipped_rewrite([&](const records::KeptText& kept) {
    pairs.push_back({std::to_string(pairs.size()), kept.mode, kept.source, kept.text});
  });
  return pairs;
}

std::vector<CalibrationCaption> read_captions(const std::vector<std::string>& files) {
  std::vector<CalibrationCaption> captions;
  for (const std::string& file : files) {
    pairs::check_caption_lines(file);
    records::LineReader reader(file);
    std::string line;
    while (reader.next(line)) add_text(line, captions);
  }
  return captions;
}

}  // namespace clipwright::audit::calibration

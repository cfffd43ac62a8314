// What holds for rewrites that carry keys, in every form.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "data/captions/caption_table.h"
#include "data/source/dataset.h"
#include "records/jsonl.h"
#include "records/reader.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {

/// Captions that the corpus has rewrites of.
class FewCaptions final : public data::source::Dataset {
 public:
  int64_t size() const override { return static_cast<int64_t>(captions_.size()); }
  std::string key(int64_t index) const override { return std::to_string(index) + ".jpg"; }
  std::string caption(int64_t index) const override {
    return captions_[static_cast<size_t>(index)];
  }
  data::source::ImageBytes image(int64_t) const override {
    data::source::ImageBytes none;
    none.error = "no picture";
    return none;
  }
  std::string describe() const override { return "few captions"; }

 private:
  std::vector<std::string> captions_ = {"a red dog", "two cats on a mat", "the sea at night",
                                        "a red dog"};
};

/// As training reads a file of rewrites.
inline void try_caption_table(const std::string& path, const std::string& condition = {}) {
  // A condition audits, and WordNet would be read anew for every input.
  static const bool kWithoutWordNet =
      ::setenv("CLIPWRIGHT_WORDNET", folder().path().c_str(), /*overwrite=*/1) == 0;
  require(kWithoutWordNet, "the environment can be set");
  accepts([&] {
    const FewCaptions captions;
    const auto table = data::captions::CaptionTable::build(captions, {path}, condition);
    require(!table.describe().empty(), "a caption table describes itself");
    for (int64_t i = 0; i < captions.size(); ++i) {
      for (int slot = 0; slot <= table.rewrites(); ++slot) table.text(i, slot);
    }
  });
}

/// Reads every record, writes those that are whole as lines and reads these again.
inline void try_records(const std::string& path) {
  for (const bool needs_source : {false, true}) {
    std::vector<std::string> kept;
    const bool read = accepts([&] {
      const auto reader = records::open_reader(path, needs_source);
      const std::string again = folder() / "again.jsonl";
      records::JsonlWriter writer(again);
      for (records::Record record; reader->next(record);) {
        require(!reader->where().empty(), "a record has a place");
        if (!reader->damage().empty()) continue;
        accepts([&] { records::check_source(record, reader->where()); });
        writer.add(record);
        kept.push_back(to_line(records::to_json(record)));
      }
      writer.commit();
    });
    if (!read || kept.empty()) continue;
    const auto reader = records::open_reader(folder() / "again.jsonl");
    size_t at = 0;
    for (records::Record record; reader->next(record); ++at) {
      require(reader->damage().empty(), "a written record is one: " + reader->damage());
      require(at < kept.size() && to_line(records::to_json(record)) == kept[at],
              "a written record reads back");
    }
    require(at == kept.size(), "written records are all there");
  }
  try_caption_table(path);
  try_caption_table(path, "audit.score >= 0.6");
}

}  // namespace clipwright::fuzz

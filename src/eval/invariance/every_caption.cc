#include "eval/invariance/every_caption.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "core/log.h"
#include "data/captions/caption_table.h"
#include "records/reader.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval::invariance {
namespace {

using data::captions::CaptionTable;

/// A record without a source hash is joined to every caption of its key, though it says only one of
/// them: the first keeps it. Returns how many it was taken from.
int64_t keep_at_first(const EveryCaption& every, std::vector<std::string>& texts) {
  struct Holder {
    std::string caption;
    std::string text;
  };
  int64_t taken = 0;
  std::unordered_map<std::string, std::vector<Holder>> of_key;
  for (int64_t i = 0; i < every.size(); ++i) {
    std::string& text = texts[static_cast<size_t>(i)];
    if (text.empty()) continue;
    std::vector<Holder>& holders = of_key[every.key(i)];
    bool held = false;
    // Equal captions share a hash, so both may have the rewrite.
    for (const Holder& holder : holders)
      held = held || (holder.text == text && holder.caption != every.caption(i));
    if (held) {
      text.clear();
      ++taken;
    } else {
      holders.push_back({every.caption(i), text});
    }
  }
  return taken;
}

}  // namespace

EveryCaption::EveryCaption(const data::source::Dataset& pairs) : pairs_(pairs) {
  for (int64_t i = 0; i < pairs.size(); ++i) {
    const size_t before = captions_.size();
    for (const std::string& caption : pairs.captions(i)) {
      // Without the blanks around it, as a pair's one caption is and as rewrites are hashed.
      if (const auto said = text::unicode::trimmed(caption); !said.empty())
        captions_.emplace_back(said);
    }
    if (captions_.size() == before) captions_.emplace_back();
    rows_.resize(captions_.size(), i);
  }
}

std::vector<CaptionRewording> rewordings_of_files(const data::source::Dataset& pairs,
                                                  const EveryCaption& every,
                                                  const std::vector<std::string>& files,
                                                  const std::string& keep_if) {
  std::vector<std::string> lines, records;
  for (const std::string& file : files) {
    const bool by_line = records::form_of(records::file_of(file)) == records::Form::kLines;
    (by_line ? lines : records).push_back(file);
  }
  std::vector<CaptionRewording> rewordings;
  std::set<std::string> names;
  const auto add = [&](std::string name, std::vector<std::string> texts) {
    const std::string bare = name;
    for (int copy = 2; !names.insert(name).second; ++copy) name = bare + "#" + std::to_string(copy);
    rewordings.push_back({.name = std::move(name), .texts = std::move(texts)});
  };
  if (!lines.empty()) {
    const CaptionTable table = CaptionTable::build(pairs, lines, keep_if);
    for (int slot = 1; slot <= table.rewrites(); ++slot) {
      std::vector<std::string> texts(static_cast<size_t>(every.size()));
      for (int64_t i = 0; i < every.size(); ++i) {
        if (every.first(i)) texts[static_cast<size_t>(i)] = table.text(every.row(i), slot);
      }
      add(table.slot_name(slot), std::move(texts));
    }
    log_info(table.describe());
    if (every.size() > pairs.size()) {
      log_info("lines of text files belong to the first caption of each row; the other " +
               with_commas(every.size() - pairs.size()) + " captions have none of them");
    }
  }
  if (!records.empty()) {
    const CaptionTable table = CaptionTable::build(every, records, keep_if);
    log_info(table.describe());
    int64_t taken = 0;
    for (int slot = 1; slot <= table.rewrites(); ++slot) {
      std::vector<std::string> texts;
      for (int64_t i = 0; i < every.size(); ++i) texts.push_back(table.text(i, slot));
      taken += keep_at_first(every, texts);
      add(table.slot_name(slot), std::move(texts));
    }
    if (taken > 0) {
      log_info(with_commas(taken) +
               " times a rewrite fits several captions of a picture; the first has it");
    }
  }
  return rewordings;
}

}  // namespace clipwright::eval::invariance

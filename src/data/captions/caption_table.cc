#include "data/captions/caption_table.h"

#include <set>

#include "core/error.h"
#include "core/log.h"
#include "data/captions/aligned_rewrites.h"
#include "data/captions/joined_rewrites.h"
#include "data/captions/keep_condition.h"
#include "records/reader.h"

namespace clipwright::data::captions {
namespace {

RewriteSlots open_slots(const std::string& path, const source::Dataset& dataset,
                        const KeepCondition& keep) {
  switch (records::form_of(path)) {
    case records::Form::kJsonl:
    case records::Form::kParquet:
      return open_joined_rewrites(path, dataset, keep);
    case records::Form::kLines: {
      RewriteSlots slots;
      slots.push_back(open_aligned_rewrites(path, dataset, keep));
      return slots;
    }
    case records::Form::kUnknown:
      break;
  }
  fail_usage(path + ": is of no known kind of rewrites",
             "a .txt (a rewrite a line), .jsonl or .parquet file");
}

}  // namespace

struct CaptionTable::State {
  const source::Dataset* dataset = nullptr;
  RewriteSlots slots;
  std::vector<std::string> names;

  /// Where the pair stands in the whole dataset, which rewrites belong to.
  int64_t whole_index(int64_t index) const {
    for (const source::Dataset* part = dataset; part->base() != nullptr; part = part->base())
      index = part->base_index(index);
    return index;
  }
};

CaptionTable::CaptionTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
CaptionTable::CaptionTable(CaptionTable&&) noexcept = default;
CaptionTable::~CaptionTable() = default;

CaptionTable CaptionTable::build(const source::Dataset& dataset,
                                 const std::vector<std::string>& rewrites,
                                 const std::string& keep_if) {
  auto state = std::make_unique<State>();
  state->dataset = &dataset;
  const KeepCondition keep = KeepCondition::parse(keep_if);
  const source::Dataset* whole = &dataset;
  while (whole->base() != nullptr) whole = whole->base();
  std::string first_aligned;
  int64_t lines = 0;
  std::set<std::string> names;
  for (const std::string& given : rewrites) {
    const std::string path = records::file_of(given).string();
    for (auto& slot : open_slots(path, *whole, keep)) {
      if (slot->lines() > 0 && lines > 0 && slot->lines() != lines) {
        fail_input(path + ": has " + with_commas(slot->lines()) + " lines, " + first_aligned +
                       " has " + with_commas(lines),
                   "line-aligned files of the same length");
      }
      if (slot->lines() > 0 && lines == 0) {
        lines = slot->lines();
        first_aligned = path;
      }
      std::string name = slot->name();
      for (int copy = 2; !names.insert(name).second; ++copy)
        name = slot->name() + "#" + std::to_string(copy);
      state->names.push_back(name);
      state->slots.push_back(std::move(slot));
    }
  }
  return CaptionTable(std::move(state));
}

int CaptionTable::rewrites() const { return static_cast<int>(state_->slots.size()); }

std::string CaptionTable::slot_name(int slot) const {
  return slot == 0 ? "raw" : state_->names.at(static_cast<size_t>(slot) - 1);
}

std::string CaptionTable::text(int64_t index, int slot) const {
  if (slot == 0) return state_->dataset->caption(index);
  return state_->slots.at(static_cast<size_t>(slot) - 1)->text(state_->whole_index(index));
}

std::string CaptionTable::describe() const {
  std::string text = "captions: raw " + with_commas(state_->dataset->size()) + " texts";
  for (const auto& slot : state_->slots) text += "; " + slot->describe();
  return text;
}

}  // namespace clipwright::data::captions

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "data/files/parquet_rows.h"
#include "data/captions/rewrite_join.h"
#include "data/captions/rewrite_slot.h"
#include "data/files/spooled_texts.h"

namespace clipwright::data::captions {
namespace {

constexpr std::string_view kSlotPrefix = "rewrite:";

class ParquetSlot final : public RewriteSlot {
 public:
  ParquetSlot(std::shared_ptr<const files::SpooledTexts> texts, std::string mode, JoinedMode joined,
              std::string note)
      : texts_(std::move(texts)),
        mode_(std::move(mode)),
        joined_(std::move(joined)),
        note_(std::move(note)) {}

  std::string name() const override { return std::string(kSlotPrefix) + mode_; }
  std::string text(int64_t index) const override {
    const uint64_t place = joined_.places[static_cast<size_t>(index)];
    return place == kNoText ? std::string() : std::string((*texts_)[static_cast<int64_t>(place)]);
  }
  std::string describe() const override {
    std::string text = name() + " " + with_commas(joined_.texts) + " texts";
    if (joined_.dropped > 0)
      text += ", " + with_commas(joined_.dropped) + " dropped by the condition";
    return text + note_;
  }

 private:
  std::shared_ptr<const files::SpooledTexts> texts_;
  std::string mode_;
  JoinedMode joined_;
  std::string note_;
};

std::string hash_text(const files::ParquetCell& cell) {
  if (cell.null || !cell.is_text) return {};
  if (cell.text.size() != sizeof(Sha256)) return std::string(cell.text);
  return hex({reinterpret_cast<const uint8_t*>(cell.text.data()), cell.text.size()});
}

}  // namespace

RewriteSlots open_rewrites_parquet(const std::string& path, const source::Dataset& dataset,
                                   const KeepCondition& keep) {
  const files::ParquetRows rows(path);
  std::vector<std::string> wide;
  for (const std::string& column : rows.columns()) {
    if (column.starts_with(kSlotPrefix)) wide.push_back(column);
  }
  const bool is_long = rows.has("mode") && rows.has("text");
  if (!rows.has("key") || (!is_long && wide.empty())) {
    fail_input(path + ": has neither the columns key, mode, text nor key and rewrite:<mode>",
               "a side-car of rewrites (docs/formats/captions.md)");
  }
  std::vector<std::string> columns = {"key"};
  const auto column = [&](const std::string& name) {
    if (!rows.has(name)) return size_t{0};
    columns.push_back(name);
    return columns.size() - 1;
  };
  const size_t source_at = column("source_sha256"), mode_at = is_long ? column("mode") : 0,
               text_at = is_long ? column("text") : 0;
  const size_t status_at = is_long ? column("status") : 0;
  const size_t score_at =
      is_long ? (rows.has("scores.audit") ? column("scores.audit") : column("audit")) : 0;
  const size_t first_wide = columns.size();
  if (!is_long) columns.insert(columns.end(), wide.begin(), wide.end());

  auto texts = std::make_shared<files::SpooledTexts>();
  bool spooled = false;
  const EachRewriteRow each = [&](const std::function<void(RewriteRow&)>& use) {
    uint64_t place = 0;
    const auto give = [&](RewriteRow& row) {
      row.place = place++;
      if (!spooled) texts->add(row.text);
      row.accepted = row.accepted && !row.text.empty();
      use(row);
    };
    rows.read(columns, [&](int64_t number, std::span<const files::ParquetCell> cells) {
      RewriteRow row;
      row.row = number + 1;
      row.key = cells[0].is_text ? std::string(cells[0].text)
                : cells[0].null  ? std::string()
                                 : std::to_string(static_cast<int64_t>(cells[0].number));
      if (source_at > 0) row.source_sha256 = hash_text(cells[source_at]);
      if (is_long) {
        row.mode = std::string(cells[mode_at].text);
        row.text = std::string(cells[text_at].text);
        if (status_at > 0)
          row.accepted = cells[status_at].text == "accepted" || cells[status_at].null;
        if (score_at > 0 && !cells[score_at].null && !cells[score_at].is_text)
          row.score = cells[score_at].number;
        return give(row);
      }
      for (size_t i = 0; i < wide.size(); ++i) {
        row.mode = wide[i].substr(kSlotPrefix.size());
        row.text = std::string(cells[first_wide + i].text);
        row.accepted = true;
        give(row);
      }
    });
    spooled = true;
  };
  RewriteJoin join = join_rewrites(path, dataset, keep, each);
  texts->finish();
  std::string note;
  if (join.by_source) note += ", joined by source";
  if (join.unknown > 0) note += ", " + with_commas(join.unknown) + " rows of other data";
  RewriteSlots slots;
  for (auto& [mode, joined] : join.modes)
    slots.push_back(std::make_unique<ParquetSlot>(texts, mode, std::move(joined), note));
  return slots;
}

}  // namespace clipwright::data::captions

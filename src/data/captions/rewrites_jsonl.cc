#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "data/files/mapped_files.h"
#include "data/captions/rewrite_join.h"
#include "data/captions/rewrite_slot.h"
#include "data/source/skipped.h"
#include "data/files/utf8.h"

namespace clipwright::data::captions {
namespace {

constexpr uint64_t kScanStride = 64 << 20;
constexpr double kMostBadLines = 0.05;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : std::string();
}

/// False when the line is no record with key, mode and text.
bool parse_row(std::string_view line, RewriteRow& row) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return false;
  row.key = text_of(object, "key");
  row.mode = text_of(object, "mode");
  row.text = text_of(object, "text");
  row.source_sha256 = text_of(object, "source_sha256");
  // Captions are compared without the blanks around them; a text file of sources may still have had
  // some.
  if (const std::string source = text_of(object, "source");
      files::trimmed(source).size() != source.size() && hex(sha256(source)) == row.source_sha256) {
    row.source_sha256 = hex(sha256(files::trimmed(source)));
  }
  const std::string status = text_of(object, "status");
  row.accepted = status.empty() || status == "accepted";
  row.score.reset();
  row.flags.clear();
  row.flags_known = false;
  if (const auto scores = object.find("scores"); scores != object.end() && scores->is_object()) {
    if (const auto score = scores->find("audit"); score != scores->end() && score->is_number())
      row.score = score->get<double>();
    if (const auto flags = scores->find("flags"); flags != scores->end() && flags->is_array()) {
      row.flags_known = true;
      for (const Json& flag : *flags) {
        if (flag.is_string()) row.flags.push_back(flag.get<std::string>());
      }
    }
  }
  return !row.mode.empty() && (!row.key.empty() || !row.source_sha256.empty()) &&
         (!row.accepted || !row.text.empty());
}

/// The texts stay in the mapped file.
class JoinedSlot final : public RewriteSlot {
 public:
  JoinedSlot(std::shared_ptr<const files::MappedFiles> files, std::string mode, JoinedMode joined,
             std::string note)
      : files_(std::move(files)),
        mode_(std::move(mode)),
        joined_(std::move(joined)),
        note_(std::move(note)) {}

  std::string name() const override { return "rewrite:" + mode_; }
  std::string text(int64_t index) const override {
    const uint64_t place = joined_.places[static_cast<size_t>(index)];
    if (place == kNoText) return {};
    const std::string_view rest = files_->from(0, place);
    RewriteRow row;
    parse_row(rest.substr(0, rest.find('\n')), row);
    return row.text;
  }
  std::string describe() const override {
    std::string text = name() + " " + with_commas(joined_.texts) + " texts";
    if (joined_.dropped > 0)
      text += ", " + with_commas(joined_.dropped) + " dropped by the condition";
    return text + note_;
  }

 private:
  std::shared_ptr<const files::MappedFiles> files_;
  std::string mode_;
  JoinedMode joined_;
  std::string note_;
};

}  // namespace

RewriteSlots open_rewrites_jsonl(const std::string& path, const source::Dataset& dataset,
                                 const KeepCondition& keep) {
  auto files = std::make_shared<files::MappedFiles>();
  files->add(path);
  const std::string_view text = (*files)[0].text();
  if (files::trimmed(text.substr(0, 4096)).empty()) fail_input(path + ": is empty", "a rewrite a line");
  const EachRewriteRow each = [&](const std::function<void(RewriteRow&)>& use) {
    source::Skipped skipped;
    RewriteRow row;
    uint64_t at = 0, released = 0;
    for (int64_t line = 1; at < text.size(); ++line) {
      const uint64_t end = std::min<uint64_t>(text.find('\n', at), text.size());
      const std::string_view raw = files::trimmed(text.substr(at, end - at));
      if (!raw.empty()) {
        row.place = at;
        row.row = line;
        if (parse_row(raw, row)) {
          skipped.use();
          use(row);
        } else {
          skipped.skip("no record", path + ", line " + std::to_string(line) +
                                        ": is no rewrite (key, mode, text, source_sha256)");
          skipped.check(kMostBadLines);
        }
      }
      at = end + 1;
      if (at - released > kScanStride) {
        released = at;
        files->release();
      }
    }
    files->release();
    skipped.report();
    if (skipped.skipped() == skipped.rows())
      fail_input(path + ": holds no rewrite; " + skipped.first());
  };
  RewriteJoin join = join_rewrites(path, dataset, keep, each);
  std::string note;
  if (join.by_source) note += ", joined by source";
  if (join.unknown > 0) note += ", " + with_commas(join.unknown) + " rows of other data";
  RewriteSlots slots;
  for (auto& [mode, joined] : join.modes)
    slots.push_back(std::make_unique<JoinedSlot>(files, mode, std::move(joined), note));
  return slots;
}

}  // namespace clipwright::data::captions

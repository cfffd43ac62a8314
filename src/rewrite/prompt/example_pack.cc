#include "rewrite/prompt/example_pack.h"

#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/random.h"
#include "rewrite/prompt/example_rows.h"

namespace clipwright::rewrite::prompt {
ExamplePack ExamplePack::read(const fs::path& path, std::string mode) {
  ExampleRows file = read_example_rows(path);
  if (!file.findings.empty()) {
    const ExampleFinding& first = file.findings.front();
    fail_input(path.string() + (first.line > 0 ? ", line " + std::to_string(first.line) : "") +
                   ": " + first.found,
               first.expected, first.advice);
  }
  ExamplePack pack;
  pack.mode_ = std::move(mode);
  pack.rows_ = std::move(file.rows);
  pack.digest_ = hex(sha256(file.canonical));
  return pack;
}

ExamplePack ExamplePack::none(std::string mode) {
  ExamplePack pack;
  pack.mode_ = std::move(mode);
  pack.digest_ = hex(sha256({}));
  return pack;
}

const std::vector<std::string>& ExamplePack::shipped_modes() {
  static const std::vector<std::string> modes = {"chatgpt", "bard", "coco", "human"};
  return modes;
}

ExamplePack ExamplePack::shipped(std::string_view mode) {
  for (const std::string& known : shipped_modes()) {
    if (mode == known || (mode == "mscoco" && known == "coco"))
      return read(shared_file("data/examples/" + known + ".tsv"), known);
  }
  const std::string near = nearest(mode, shipped_modes());
  fail_usage("there is no mode '" + std::string(mode) + "'", "chatgpt, bard, coco or human",
             near.empty() ? "Own examples are given with --examples FILE.tsv."
                          : "Did you mean '" + near + "'?");
}

std::vector<std::string> ExamplePack::texts() const {
  std::vector<std::string> all;
  for (const auto& row : rows_) all.insert(all.end(), row.begin(), row.end());
  return all;
}

// A key packs, for each example from the first (lowest bits) on, 12 bits of row and 4 bits each of
// source and other column.
uint64_t ExamplePack::draw(Random random) const {
  std::vector<uint64_t> left(rows_.size());
  for (size_t i = 0; i < left.size(); ++i) left[i] = i;
  uint64_t key = 0;
  for (int example = 0; example < kExamplesPerPrompt; ++example) {
    const auto at = static_cast<long>(random.below(left.size()));
    const uint64_t row = left[static_cast<size_t>(at)];
    left.erase(left.begin() + at);
    uint64_t source = 0, other = 1;
    if (grouped()) {
      const uint64_t columns = rows_[row].size();
      source = random.below(columns);
      other = random.below(columns - 1);
      if (other >= source) ++other;
    }
    key |= (row | source << 12 | other << 16) << (20 * example);
  }
  return key;
}

uint64_t ExamplePack::example_key(uint64_t seed, std::string_view source, int triples) const {
  if (rows_.empty()) return 0;
  Random random(seed, "examples", 0, mode_ + "\n" + std::string(source));
  if (triples <= 0) return draw(random);
  return draw(Random(seed, "triple:" + mode_, 0, random.below(static_cast<uint64_t>(triples))));
}

ExampleTriple ExamplePack::examples(uint64_t key) const {
  ExampleTriple triple;
  if (rows_.empty()) return triple;
  for (ExamplePair& pair : triple) {
    const std::vector<std::string>& row = rows_[key & 0xfff];
    pair = {row[key >> 12 & 0xf], row[key >> 16 & 0xf]};
    key >>= 20;
  }
  return triple;
}

}  // namespace clipwright::rewrite::prompt

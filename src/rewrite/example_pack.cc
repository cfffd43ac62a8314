#include "rewrite/example_pack.h"

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/random.h"
#include "rewrite/reply.h"

namespace clipwright {
namespace {

constexpr size_t kFewestRows = 16;
constexpr size_t kMostRows = 4096, kMostColumns = 16;  // what a key has room for
constexpr size_t kMostWords = 40;

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> cells;
  for (size_t start = 0;;) {
    const size_t end = line.find(separator, start);
    cells.emplace_back(line.substr(start, end - start));
    if (end == std::string_view::npos) return cells;
    start = end + 1;
  }
}

void check_text(const std::string& text, const std::string& where) {
  if (text.empty()) fail_input(where + ": an empty text", "a caption in every column");
  if (!valid_utf8(text))
    fail_input(where + ": is not UTF-8", "UTF-8 text", "Convert the file, for example with iconv.");
  if (text.find("=>") != std::string::npos) {
    fail_input(where + ": '" + text +
                   "' holds the arrow '=>', which separates caption and rewrite in the prompt",
               "a text without it");
  }
  if (text.find('\r') != std::string::npos || text != caption_for_prompt(text)) {
    fail_input(where + ": '" + text + "' has control characters or blanks at its ends or in a row",
               "plain text, single spaces");
  }
  if (count_words(text) > kMostWords) {
    fail_input(where + ": a text of " + std::to_string(count_words(text)) + " words",
               "at most " + std::to_string(kMostWords));
  }
}

}  // namespace

ExamplePack ExamplePack::read(const fs::path& path, std::string mode) {
  ExamplePack pack;
  pack.mode_ = std::move(mode);
  const std::string contents = read_file(path);
  std::string canonical;
  std::unordered_map<std::string, size_t> seen;
  size_t number = 0;
  for (std::string_view rest = contents; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    const std::string where = path.string() + ", line " + std::to_string(number);
    std::vector<std::string> cells = split(line, '\t');
    if (cells.size() < 2)
      fail_input(where + ": has one column", "a caption, a tab and its rewrite",
                 "See docs/formats/examples.md.");
    if (cells.size() > kMostColumns || pack.rows_.size() >= kMostRows) {
      fail_input(where + ": the pack is too large", std::to_string(kMostColumns) + " columns and " +
                                                        std::to_string(kMostRows) +
                                                        " rows at most");
    }
    if (!pack.rows_.empty() && cells.size() != pack.rows_.front().size()) {
      fail_input(where + ": has " + std::to_string(cells.size()) + " columns",
                 std::to_string(pack.rows_.front().size()) + " as in the rows before");
    }
    for (const std::string& cell : cells) {
      check_text(cell, where);
      const auto [before, is_new] = seen.emplace(cell, number);
      if (!is_new)
        fail_input(
            where + ": '" + cell + "' stands already in line " + std::to_string(before->second),
            "every text once");
    }
    canonical.append(line).append("\n");
    pack.rows_.push_back(std::move(cells));
  }
  if (pack.rows_.size() < kFewestRows) {
    fail_input(path.string() + ": holds " + std::to_string(pack.rows_.size()) + " examples",
               std::to_string(kFewestRows) + " or more", "Fewer give prompts too much alike.");
  }
  pack.digest_ = hex(sha256(canonical));
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
  Random random(seed, "examples", 0, mode_ + "\n" + std::string(source));
  if (triples <= 0) return draw(random);
  return draw(Random(seed, "triple:" + mode_, 0, random.below(static_cast<uint64_t>(triples))));
}

ExampleTriple ExamplePack::examples(uint64_t key) const {
  ExampleTriple triple;
  for (ExamplePair& pair : triple) {
    const std::vector<std::string>& row = rows_[key & 0xfff];
    pair = {row[key >> 12 & 0xf], row[key >> 16 & 0xf]};
    key >>= 20;
  }
  return triple;
}

}  // namespace clipwright

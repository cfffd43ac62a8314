#include "rewrite/archive/replay_texts.h"

#include <cstring>
#include <fstream>
#include <tuple>

#include "core/error.h"
#include "core/hash.h"
#include "records/kept_texts.h"

namespace clipwright::rewrite::archive {
namespace {

std::string text_key(const Sha256& source, std::string_view mode) {
  return std::string(reinterpret_cast<const char*>(source.data()), 16) + std::string(mode);
}

bool is_chosen(const Sha256& recipe, const std::string& first_digits) {
  return first_digits.empty() || hex(recipe).starts_with(first_digits);
}

/// Which of two accepted rows of one caption and mode counts.
bool is_later(const ledger::LedgerRow& a, const ledger::LedgerRow& b) {
  return std::tie(a.at, a.recipe, a.attempt) > std::tie(b.at, b.recipe, b.attempt);
}

bool names_a_ledger(const std::string& name) {
  return name.starts_with("sqlite:") || name.starts_with("postgresql:") ||
         name.starts_with("postgres:");
}

bool is_sqlite(const std::string& path) {
  char head[16] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  return std::memcmp(head, "SQLite format 3", 16) == 0;
}

/// Digest of texts that come in ascending order of text_key.
class TextsDigest {
 public:
  void add(const std::string& key, std::string_view text) {
    hash_.add(key);
    hash_.add(std::string_view("\0", 1));
    hash_.add(text);
    hash_.add(std::string_view("\0", 1));
  }
  std::string finish() { return hex(hash_.finish()); }

 private:
  Sha256Stream hash_;
};

}  // namespace

void ReplayTexts::read_file(const std::filesystem::path& path, const std::string& recipe) {
  records::each_kept_text(
      path,
      [&](const Sha256& sha, const Json& description) {
        if (is_chosen(sha, recipe)) recipes_.push_back(description);
      },
      [&](const records::KeptText& kept) {
        if (!is_chosen(kept.recipe, recipe)) return;
        texts_[text_key(ledger::source_key(kept.source, kept.occurrence), kept.mode)] = kept.text;
        recipes_of_[kept.mode].insert(kept.recipe);
      });
  TextsDigest digest;
  for (const auto& [key, text] : texts_) digest.add(key, text);
  digest_ = digest.finish();
  size_ = texts_.size();
}

void ReplayTexts::read_ledger(const std::string& url, const std::string& recipe) {
  ledger_ = ledger::open_ledger_if_any(url);
  if (ledger_ == nullptr)
    fail_input(ledger::ledger_name(url) + ": there is no such ledger",
               "a ledger or recorded rewrites", "Check --replay.");
  std::set<Sha256> used;
  TextsDigest digest;
  ledger::LedgerRow best;  // of the caption and mode whose rows come now, one after the other
  bool any = false;
  const auto end_of_group = [&] {
    if (any) digest.add(text_key(best.source, best.mode), best.text);
    size_ += any;
  };
  ledger_->each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
    if (row.status != "accepted" || source.text.data() == nullptr || !is_chosen(row.recipe, recipe))
      return;
    recipes_of_[row.mode].insert(row.recipe);
    used.insert(row.recipe);
    const bool same = any && row.source == best.source && row.mode == best.mode;
    if (same && !is_later(row, best)) return;
    if (!same) end_of_group();
    best = row;
    any = true;
  });
  end_of_group();
  digest_ = digest.finish();
  ledger_->each_recipe([&](const Sha256& sha, const std::string& description) {
    if (used.contains(sha)) recipes_.push_back(try_json(description));
  });
}

ReplayTexts ReplayTexts::read(const std::string& path_or_url, const std::string& recipe) {
  ReplayTexts texts;
  if (names_a_ledger(path_or_url) || is_sqlite(path_or_url)) {
    texts.read_ledger(path_or_url, recipe);
  } else {
    texts.read_file(path_or_url, recipe);
  }
  return texts;
}

std::optional<std::string> ReplayTexts::find(std::string_view source, std::string_view mode,
                                             int64_t occurrence) const {
  const Sha256 key = ledger::source_key(source, occurrence);
  if (ledger_ == nullptr) {
    const auto found = texts_.find(text_key(key, mode));
    return found == texts_.end() ? std::nullopt : std::optional(found->second);
  }
  const auto recipes = recipes_of_.find(mode);
  if (recipes == recipes_of_.end()) return std::nullopt;
  std::optional<ledger::LedgerRow> best;
  for (const Sha256& recipe : recipes->second) {
    std::optional<ledger::LedgerRow> row = ledger_->last(key, mode, recipe);
    if (row && row->status == "accepted" && (!best || is_later(*row, *best))) best = std::move(row);
  }
  return best ? std::optional(std::move(best->text)) : std::nullopt;
}

std::vector<std::string> ReplayTexts::modes() const {
  std::vector<std::string> modes;
  for (const auto& [mode, recipes] : recipes_of_) modes.push_back(mode);
  return modes;
}

std::vector<std::string> ReplayTexts::mixed_modes() const {
  std::vector<std::string> modes;
  for (const auto& [mode, recipes] : recipes_of_) {
    if (recipes.size() > 1) modes.push_back(mode);
  }
  return modes;
}

bool names_records(const std::string& path_or_url) {
  return !names_a_ledger(path_or_url) && std::filesystem::is_regular_file(path_or_url) &&
         !is_sqlite(path_or_url) && std::filesystem::file_size(path_or_url) > 0;
}

}  // namespace clipwright::rewrite::archive

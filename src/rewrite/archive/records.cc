#include "rewrite/archive/records.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <tuple>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "rewrite/ledger/recipe.h"

namespace clipwright::rewrite::archive {
namespace {

constexpr int kFormatVersion = 1;
constexpr int64_t kMostAttempt = 1 << 20;
constexpr size_t kLongestLine = size_t{1} << 20;

Sha256 from_hex(const std::string& text, const std::string& where) {
  Sha256 hash{};
  if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fail_input(where + ": '" + text.substr(0, 70) + "' is no SHA-256", "64 hexadecimal digits");
  }
  for (size_t i = 0; i < 32; ++i)
    hash[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  return hash;
}

/// Lines of a plain or gzipped file.
void each_line(const std::filesystem::path& path,
               const std::function<void(const std::string&, int64_t)>& use) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr || std::filesystem::is_directory(path)) {
    fail_input(path.string() + ": cannot be opened", "a file of recorded rewrites or a ledger",
               "Check --replay.");
  }
  std::string line;
  std::vector<char> block(1 << 16);
  int64_t number = 0;
  int count;
  while ((count = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()))) > 0) {
    std::string_view rest(block.data(), static_cast<size_t>(count));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      line.append(rest.substr(0, end));
      use(line, ++number);
      line.clear();
    }
    line.append(rest);
    if (line.size() > kLongestLine)
      fail_input(path.string() + ", line " + std::to_string(number + 1) + ": is longer than 1 MiB",
                 "a record a line");
  }
  int code = Z_OK;
  const char* message = gzerror(file.get(), &code);
  if (count < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    fail_input(
        path.string() + ": is damaged after line " + std::to_string(number) + " (" + message + ")",
        "a whole gzip file");
  }
  if (!line.empty()) use(line, ++number);
}

struct Record {
  ledger::LedgerRow row;
  std::string source;
  int64_t occurrence = 0;
};

/// Calls `use_recipe` and `use` for what the lines say.
void each_record(const std::filesystem::path& path,
                 const std::function<void(const Sha256&, const Json&)>& use_recipe,
                 const std::function<void(const Record&)>& use) {
  std::vector<Sha256> recipes;
  each_line(path, [&](const std::string& line, int64_t number) {
    const std::string where = path.string() + ", line " + std::to_string(number);
    const Json value = Json::parse(line, nullptr, false);
    const auto text = [&](const char* name) {
      const auto found = value.find(name);
      if (found == value.end() || !found->is_string())
        fail_input(where + ": has no text '" + name + "'", "a record of a rewrite");
      return found->get<std::string>();
    };
    const auto number_of = [&](const char* name) {
      const auto found = value.find(name);
      return found != value.end() && found->is_number_integer() ? found->get<int64_t>()
                                                                : int64_t{0};
    };
    if (!value.is_object())
      fail_input(where + ": is no JSON object", "recorded rewrites (docs/formats/rewrites.md)");
    if (number == 1) {
      if (number_of("clipwright_records") != kFormatVersion) {
        fail_input(where + ": does not say {\"clipwright_records\": 1}",
                   "recorded rewrites of version 1", "They are written with --records FILE.");
      }
    } else if (value.contains("description")) {
      recipes.push_back(from_hex(text("recipe_sha256"), where));
      use_recipe(recipes.back(), value["description"]);
    } else {
      const int64_t recipe = number_of("recipe");
      if (recipe < 0 || recipe >= static_cast<int64_t>(recipes.size()))
        fail_input(where + ": names recipe " + std::to_string(recipe), "one given before");
      Record record;
      record.source = text("source");
      record.row.mode = text("mode");
      record.row.recipe = recipes[static_cast<size_t>(recipe)];
      record.row.attempt =
          static_cast<int>(std::clamp<int64_t>(number_of("attempt"), 0, kMostAttempt));
      record.row.status = "accepted";
      record.row.text = text("text");
      record.occurrence = std::max<int64_t>(number_of("occurrence"), 0);
      record.row.source = ledger::source_key(record.source, record.occurrence);
      use(record);
    }
  });
}

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

}  // namespace

struct RecordWriter::Deflate {
  z_stream stream{};
  ~Deflate() { deflateEnd(&stream); }
  void write(AtomicFile& file, std::string_view bytes, int flush) {
    std::vector<std::byte> block(1 << 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = static_cast<uInt>(block.size());
      deflate(&stream, flush);
      file.write(std::span<const std::byte>(block.data(), block.size() - stream.avail_out));
    } while (stream.avail_out == 0);
  }
};

RecordWriter::RecordWriter(const std::filesystem::path& path) : file_(path) {
  if (path.extension() == ".gz") {
    deflate_ = std::make_unique<Deflate>();
    constexpr int kGzipHeader = 16;  // without name and time, so equal records give equal bytes
    CW_CHECK(deflateInit2(&deflate_->stream, 9, Z_DEFLATED, MAX_WBITS + kGzipHeader, 8,
                          Z_DEFAULT_STRATEGY) == Z_OK,
             "zlib");
  }
  line({{"clipwright_records", kFormatVersion}});
}

RecordWriter::~RecordWriter() = default;

void RecordWriter::line(const Json& value) {
  const std::string text = to_line(value) + "\n";
  if (deflate_) {
    deflate_->write(file_, text, Z_NO_FLUSH);
  } else {
    file_.write(text);
  }
}

void RecordWriter::add_recipe(const Sha256& recipe, const Json& description) {
  recipes_.emplace(hex(recipe), Recipe{description});
}

void RecordWriter::add(const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
  // A ledger that lost a recipe's description (`verify` tells) still has its texts.
  const auto recipe = recipes_.emplace(hex(row.recipe), Recipe{Json::object()}).first;
  const std::string key =
      std::string(row.source.begin(), row.source.end()) + row.mode + recipe->first;
  if (!written_.insert({hash64(key, 0), hash64(key, 1)}).second) return;
  Recipe& known = recipe->second;
  if (known.number < 0) {
    known.number = recipes_written_++;
    line({{"recipe_sha256", recipe->first}, {"description", known.description}});
  }
  Json record = {{"source", source.text}, {"mode", row.mode}, {"text", row.text}};
  if (known.number != 0) record["recipe"] = known.number;
  if (row.attempt != 0) record["attempt"] = row.attempt;
  if (source.occurrence != 0) record["occurrence"] = source.occurrence;
  line(record);
}

void RecordWriter::commit() {
  if (deflate_) deflate_->write(file_, {}, Z_FINISH);
  file_.commit();
}

namespace {

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

void Records::read_file(const std::filesystem::path& path, const std::string& recipe) {
  each_record(
      path,
      [&](const Sha256& sha, const Json& description) {
        if (is_chosen(sha, recipe)) recipes_.push_back(description);
      },
      [&](const Record& record) {
        const ledger::LedgerRow& row = record.row;
        if (!is_chosen(row.recipe, recipe)) return;
        texts_[text_key(row.source, row.mode)] = row.text;
        recipes_of_[row.mode].insert(row.recipe);
      });
  TextsDigest digest;
  for (const auto& [key, text] : texts_) digest.add(key, text);
  digest_ = digest.finish();
  size_ = texts_.size();
}

void Records::read_ledger(const std::string& url, const std::string& recipe) {
  ledger_ = ledger::open_ledger_if_any(url);
  if (ledger_ == nullptr)
    fail_input(ledger::ledger_name(url) + ": there is no such ledger", "a ledger or recorded rewrites",
               "Check --replay.");
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
    if (used.contains(sha)) recipes_.push_back(Json::parse(description, nullptr, false));
  });
}

Records Records::read(const std::string& path_or_url, const std::string& recipe) {
  Records records;
  if (names_a_ledger(path_or_url) || is_sqlite(path_or_url)) {
    records.read_ledger(path_or_url, recipe);
  } else {
    records.read_file(path_or_url, recipe);
  }
  return records;
}

std::optional<std::string> Records::find(std::string_view source, std::string_view mode,
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

std::vector<std::string> Records::modes() const {
  std::vector<std::string> modes;
  for (const auto& [mode, recipes] : recipes_of_) modes.push_back(mode);
  return modes;
}

std::vector<std::string> Records::mixed_modes() const {
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

int64_t import_records(const std::filesystem::path& path, ledger::Ledger& ledger) {
  int64_t count = 0;
  each_record(
      path,
      [&](const Sha256& recipe, const Json& description) {
        const std::string text = to_line(description);
        if (!ledger::describes(text, recipe)) {
          fail_input(
              path.string() + ": the description of recipe " + hex(recipe) + " is another one's",
              "records written with --records or 'clipwright ledger export'");
        }
        ledger.describe(recipe, text);
      },
      [&](const Record& record) {
        ledger.add(record.row, ledger::LedgerSource{record.source, record.occurrence});
        ++count;
        constexpr int64_t kBlock = 5000;
        if (count % kBlock == 0) ledger.commit();
      });
  ledger.commit();
  return count;
}

}  // namespace clipwright::rewrite::archive

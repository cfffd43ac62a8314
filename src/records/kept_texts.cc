#include "records/kept_texts.h"

#include <zlib.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "records/gzip_lines.h"

namespace clipwright::records {
namespace {

constexpr int kFormatVersion = 1;
constexpr int64_t kMostAttempt = 1 << 20;

Sha256 from_hex(const std::string& text, const std::string& where) {
  Sha256 hash{};
  if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fail_input(where + ": '" + text.substr(0, 70) + "' is no SHA-256", "64 hexadecimal digits");
  }
  for (size_t i = 0; i < 32; ++i)
    hash[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  return hash;
}

}  // namespace

struct KeptTextWriter::Deflate {
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

KeptTextWriter::KeptTextWriter(const std::filesystem::path& path) : file_(path) {
  if (path.extension() == ".gz") {
    deflate_ = std::make_unique<Deflate>();
    constexpr int kGzipHeader = 16;  // without name and time, so equal records give equal bytes
    CW_CHECK(deflateInit2(&deflate_->stream, 9, Z_DEFLATED, MAX_WBITS + kGzipHeader, 8,
                          Z_DEFAULT_STRATEGY) == Z_OK,
             "zlib");
  }
  line({{"clipwright_records", kFormatVersion}});
}

KeptTextWriter::~KeptTextWriter() = default;

void KeptTextWriter::line(const Json& value) {
  const std::string text = to_line(value) + "\n";
  if (deflate_) {
    deflate_->write(file_, text, Z_NO_FLUSH);
  } else {
    file_.write(text);
  }
}

void KeptTextWriter::add_recipe(const Sha256& recipe, const Json& description) {
  recipes_.emplace(hex(recipe), Recipe{description});
}

void KeptTextWriter::add(const KeptText& kept) {
  // A ledger that lost a recipe's description (`verify` tells) still has its texts.
  const auto recipe = recipes_.emplace(hex(kept.recipe), Recipe{Json::object()}).first;
  const std::string key =
      kept.mode + '\0' + recipe->first + std::to_string(kept.occurrence) + '\0' + kept.source;
  if (!written_.insert({hash64(key, 0), hash64(key, 1)}).second) return;
  Recipe& known = recipe->second;
  if (known.number < 0) {
    known.number = recipes_written_++;
    line({{"recipe_sha256", recipe->first}, {"description", known.description}});
  }
  Json record = {{"source", kept.source}, {"mode", kept.mode}, {"text", kept.text}};
  if (known.number != 0) record["recipe"] = known.number;
  if (kept.attempt != 0) record["attempt"] = kept.attempt;
  if (kept.occurrence != 0) record["occurrence"] = kept.occurrence;
  line(record);
}

AtomicFile& KeptTextWriter::close() {
  if (deflate_) deflate_->write(file_, {}, Z_FINISH);
  return file_;
}

void each_kept_text(const std::filesystem::path& path,
                    const std::function<void(const Sha256&, const Json&)>& use_recipe,
                    const std::function<void(const KeptText&)>& use) {
  std::vector<Sha256> recipes;
  const auto read = [&](const std::string& line, int64_t number) {
    const std::string where = path.string() + ", line " + std::to_string(number);
    const Json value = try_json(line);
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
      use({.source = text("source"),
           .mode = text("mode"),
           .recipe = recipes[static_cast<size_t>(recipe)],
           .text = text("text"),
           .attempt = static_cast<int>(std::clamp<int64_t>(number_of("attempt"), 0, kMostAttempt)),
           .occurrence = std::max<int64_t>(number_of("occurrence"), 0)});
    }
  };
  each_line(path, read, "a file of recorded rewrites or a ledger", "Check --replay.");
}

}  // namespace clipwright::records

// The files of a batch run (docs/formats/openai_batch.md): requests that wait for answers, and the
// answers as they come back, in any order and in any state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/file.h"
#include "core/json.h"

namespace clipwright::rewrite::openai {

/// 128 bits of a custom_id's hash; files of millions of requests are told apart by it.
struct BatchKey {
  uint64_t high = 0, low = 0;
  explicit BatchKey(std::string_view custom_id);
  bool operator==(const BatchKey&) const = default;
};
struct BatchKeyHash {
  size_t operator()(const BatchKey& key) const { return key.low; }
};
using BatchKeys = std::unordered_set<BatchKey, BatchKeyHash>;

/// The custom_ids of all `requests*.jsonl` in a folder. Throws Error(kInput) when one cannot be
/// read.
BatchKeys read_asked(const std::filesystem::path& folder);

/// All `results*.jsonl` of a folder, mapped; about 60 bytes of memory a line.
class BatchResults {
 public:
  /// Throws Error(kInput) when a file cannot be read. Damaged lines are counted, never fatal.
  explicit BatchResults(const std::filesystem::path& folder);

  /// The line with this custom_id; one that holds an answer before one that holds an error, and of
  /// equals the first.
  std::optional<Json> find(const BatchKey& key) const;
  bool contains(const BatchKey& key) const { return places_.contains(key); }
  std::vector<BatchKey> keys() const;
  int64_t files() const { return static_cast<int64_t>(files_.size()); }
  int64_t damaged() const { return damaged_; }        ///< lines that are no result
  int64_t duplicates() const { return duplicates_; }  ///< lines whose custom_id came before

 private:
  struct Place {
    uint32_t file = 0;
    uint32_t length = 0;
    uint64_t offset = 0;
    bool answered = false;
  };
  void read(uint32_t file);
  std::vector<MappedFile> files_;
  std::unordered_map<BatchKey, Place, BatchKeyHash> places_;
  int64_t damaged_ = 0, duplicates_ = 0;
};

struct BatchLimits {
  int64_t requests = 50'000;
  int64_t bytes = 100'000'000;
};

/// Writes requests into the next free of requests.jsonl, requests-2.jsonl, ...; a full file is
/// committed and the next begun. A file appears whole or not at all.
class BatchRequestWriter {
 public:
  /// Throws Error(kFailed) while another one writes into the folder.
  BatchRequestWriter(std::filesystem::path folder, const BatchLimits& limits);
  BatchRequestWriter(const BatchRequestWriter&) = delete;
  BatchRequestWriter& operator=(const BatchRequestWriter&) = delete;
  ~BatchRequestWriter();
  void add(std::string_view custom_id, std::string_view url, const Json& body);
  void commit();
  const std::vector<std::filesystem::path>& written() const { return written_; }

 private:
  std::filesystem::path folder_;
  int lock_ = -1;  ///< of the folder
  BatchLimits limits_;
  int number_;  ///< of the file to write next
  std::unique_ptr<AtomicFile> file_;
  std::filesystem::path path_;
  int64_t requests_ = 0, bytes_ = 0;
  std::vector<std::filesystem::path> written_;
};

}  // namespace clipwright::rewrite::openai

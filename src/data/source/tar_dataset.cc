#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/mapped_files.h"
#include "core/npy.h"
#include "core/process/worker_threads.h"
#include "data/source/sources.h"
#include "data/source/tar_shard.h"
#include "text/unicode/line_boundaries.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr uint64_t kBlock = 512;

/// How a sample's text is to be read.
enum class TextKind { kCaption, kCaptionLines };

/// The numbers of an array of any of NumPy's usual types.
std::vector<float> floats_of(NpyArray array) {
  const auto converted = [&](auto values) {
    return std::vector<float>(values.begin(), values.end());
  };
  if (array.type == "|b1" || array.type == "|i1") array.type = "|u1";
  if (array.type == "|u1") return converted(array.values<uint8_t>());
  if (array.type == "<i4") return converted(array.values<int32_t>());
  if (array.type == "<i8") return converted(array.values<int64_t>());
  if (array.type == "<f8") return converted(array.values<double>());
  return converted(array.values<float>());
}

class TarDataset final : public Dataset {
 public:
  TarDataset(std::string kind, TextKind text_kind)
      : kind_(std::move(kind)), text_kind_(text_kind) {}

  void read(const std::vector<std::string>& paths, const DataOptions& options) {
    for (const std::string& path : paths) files_.add(path);
    shards_.resize(paths.size());
    index_all(options.labels);
    for (size_t i = 0; i < shards_.size(); ++i) {
      hidden_ += shards_[i].hidden;
      if (!shards_[i].damage.empty()) {
        ++damaged_;
        if (shards_[i].samples.empty()) {
          fail_input(paths[i] + ": " + shards_[i].damage + " and gives no sample",
                     "a tar of samples (key.jpg, key.txt)");
        }
        log_warning(paths[i] + ": " + shards_[i].damage + "; the " +
                    with_commas(static_cast<int64_t>(shards_[i].samples.size())) +
                    " samples before are used");
      }
      first_.push_back(size_);
      size_ += static_cast<int64_t>(shards_[i].samples.size());
      skipped_.absorb(shards_[i].skipped);
      shards_[i].skipped = {};
      skipped_.check(options.max_skipped_share);
    }
    skipped_.report();
    if (text_kind_ == TextKind::kCaptionLines) count_blank_lines();
    if (size_ == 0) {
      fail_input(
          paths.at(0) + (paths.size() > 1 ? " and the others: no" : ": no") +
              " sample has a picture and a caption" +
              (skipped_.skipped() > 0 ? "; " + skipped_.first()
               : hidden_ > 0 ? "; hidden members, which are passed over: " + with_commas(hidden_)
                             : std::string()),
          "members such as 000001.jpg and 000001.txt");
    }
  }

  int64_t size() const override { return size_; }
  std::string key(int64_t index) const override {
    const Found at = find(index);
    return std::string(shards_[at.shard].key(at.sample));
  }
  std::string caption(int64_t index) const override {
    if (text_kind_ == TextKind::kCaptionLines) return captions(index)[0];
    return text(index);
  }
  std::vector<std::string> captions(int64_t index) const override {
    if (text_kind_ == TextKind::kCaption) {
      if (std::vector<std::string> listed = captions_in_json(index); !listed.empty()) return listed;
      return {text(index)};
    }
    const std::string all = text(index);
    std::vector<std::string> lines;
    for (const std::string_view line : text::unicode::split_lines(all)) {
      if (const auto said = text::unicode::trimmed(line); !said.empty()) lines.emplace_back(said);
    }
    return lines.empty() ? std::vector<std::string>{""} : lines;
  }
  ImageBytes image(int64_t index) const override {
    const Found at = find(index);
    const TarSample& sample = at.of(*this);
    const std::string_view bytes =
        files_.view(at.shard, sample.image_block * kBlock, sample.image_size);
    ImageBytes image;
    image.view = {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
    return image;
  }
  int label(int64_t index) const override { return find(index).of(*this).label; }
  std::vector<float> label_vector(int64_t index) const override {
    const Found at = find(index);
    const std::vector<TarVector>& vectors = shards_[at.shard].vectors;
    if (at.sample >= vectors.size() || vectors[at.sample].size == 0) return {};
    const TarVector& place = vectors[at.sample];
    return floats_of(
        parse_npy(files_.view(at.shard, place.block * kBlock, place.size), key(index) + ".npy"));
  }
  std::string describe() const override {
    std::string text = kind_ + " " + files_[0].path().string();
    if (shards_.size() > 1) text += " .. " + files_[files_.size() - 1].path().filename().string();
    text += ": " + with_commas(static_cast<int64_t>(shards_.size())) +
            (shards_.size() == 1 ? " tar, " : " tars, ") + with_commas(size_) + " pairs";
    if (damaged_ > 0)
      text += ", " + with_commas(damaged_) +
              (damaged_ == 1 ? " tar damaged or cut off" : " tars damaged or cut off");
    if (blank_lines_ > 0) text += ", " + with_commas(blank_lines_) + " blank captions left out";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  struct Found {
    uint32_t shard;
    size_t sample;
    const TarSample& of(const TarDataset& dataset) const {
      return dataset.shards_[shard].samples[sample];
    }
  };

  void index_all(bool labels) {
    std::atomic<size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
      for (size_t i; (i = next++) < shards_.size();) {
        try {
          shards_[i] = index_shard(files_[static_cast<uint32_t>(i)].text(),
                                   files_[static_cast<uint32_t>(i)].path().string(), labels);
          files_.release(static_cast<uint32_t>(i));
        } catch (...) {
          std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      }
    };
    {
      std::vector<std::jthread> threads;
      const size_t count = std::clamp<size_t>(
          shards_.size(), 1, std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
      start_threads(threads, count - 1, [&](size_t) { work(); });
      work();
    }
    if (failure) std::rethrow_exception(failure);
  }

  /// Python's readers take a blank line for a caption; here it is none, and said.
  void count_blank_lines() {
    for (size_t i = 0; i < shards_.size(); ++i) {
      const auto file = static_cast<uint32_t>(i);
      for (const TarSample& sample : shards_[i].samples) {
        if (sample.text_size == 0) continue;
        for (const std::string_view line : text::unicode::split_lines(
                 files_.view(file, sample.text_block * kBlock, sample.text_size)))
          blank_lines_ += text::unicode::trimmed(line).empty();
      }
      files_.release(file);
    }
  }

  Found find(int64_t index) const {
    const auto after = std::upper_bound(first_.begin(), first_.end(), index);
    const auto shard = static_cast<size_t>(after - first_.begin()) - 1;
    return {static_cast<uint32_t>(shard), static_cast<size_t>(index - first_[shard])};
  }

  std::string text(int64_t index) const {
    const Found at = find(index);
    const TarSample& sample = at.of(*this);
    if (sample.text_size > 0) {
      return std::string(text::unicode::trimmed(text::unicode::without_mark(
          files_.view(at.shard, sample.text_block * kBlock, sample.text_size))));
    }
    const std::vector<std::string> listed = captions_in_json(index);
    return listed.empty() ? std::string() : listed[0];
  }

  /// Of a sample without a .txt that says something.
  std::vector<std::string> captions_in_json(int64_t index) const {
    const Found at = find(index);
    const TarSample& sample = at.of(*this);
    if (sample.text_size > 0 || sample.json_size == 0) return {};
    return json_captions(files_.view(at.shard, sample.json_block * kBlock, sample.json_size));
  }

  std::string kind_;
  TextKind text_kind_;
  MappedFiles files_;
  std::vector<TarShard> shards_;
  std::vector<int64_t> first_;  // index of each shard's first sample
  int64_t size_ = 0, damaged_ = 0, hidden_ = 0, blank_lines_ = 0;
  Skipped skipped_;
};

bool has_shard_count(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "nshards.txt", error);
}

/// The folder that holds the shards: the path itself, or its split.
std::filesystem::path benchmark_split(const std::filesystem::path& path, const std::string& split) {
  return has_shard_count(path) ? path : path / (split.empty() ? "test" : split);
}

}  // namespace

std::unique_ptr<Dataset> open_tars(const std::vector<std::string>& paths,
                                   const DataOptions& options) {
  auto dataset = std::make_unique<TarDataset>("webdataset", TextKind::kCaption);
  dataset->read(paths, options);
  return dataset;
}

bool is_clip_benchmark(const std::string& path, const std::string& split) {
  return has_shard_count(benchmark_split(path, split));
}

std::unique_ptr<Dataset> open_clip_benchmark(const std::string& path, const DataOptions& options) {
  const std::filesystem::path split = benchmark_split(path, options.split);
  if (!has_shard_count(split)) {
    fail_input(path + ": has no nshards.txt, nor has its folder " + split.filename().string(),
               "CLIP_benchmark's layout: test/nshards.txt, test/0.tar, ...");
  }
  const std::string count_text(text::unicode::trimmed(read_file(split / "nshards.txt")));
  int64_t count = 0;
  for (const char c : count_text)
    count = c >= '0' && c <= '9' && count < 1'000'000 ? count * 10 + (c - '0') : -1'000'000'000;
  if (count <= 0 || count > 1'000'000) {
    fail_input((split / "nshards.txt").string() + ": says '" + count_text.substr(0, 40) + "'",
               "the number of tars beside it");
  }
  std::vector<std::string> paths;
  for (int64_t i = 0; i < count; ++i)
    paths.push_back((split / (std::to_string(i) + ".tar")).string());
  auto dataset = std::make_unique<TarDataset>("clip-benchmark", TextKind::kCaptionLines);
  dataset->read(paths, options);
  return dataset;
}

}  // namespace clipwright::data::source

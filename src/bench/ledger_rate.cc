#include "bench/ledger_rate.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "audit/calibration/example_texts.h"
#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "rewrite/job/job.h"

namespace clipwright::bench {
namespace {

namespace fs = std::filesystem;

/// The plain words of the demo's captions and rewrites.
std::vector<std::string> plain_words() {
  std::set<std::string> words;
  for (const audit::pairs::AuditPair& pair : audit::calibration::shipped_rewrites()) {
    std::string word;
    for (const char letter : pair.source + " " + pair.text + " ") {
      if (std::islower(static_cast<unsigned char>(letter)) != 0) {
        word += letter;
      } else {
        if (word.size() > 1) words.insert(word);
        word.clear();
      }
    }
  }
  return {words.begin(), words.end()};
}

class WordSalad {
 public:
  std::string draw(uint64_t least, uint64_t most, Random random) const {
    std::string text;
    for (uint64_t left = least + random.below(most - least + 1); left > 0; --left)
      text += (text.empty() ? "" : " ") + words_[random.below(words_.size())];
    return text;
  }

 private:
  const std::vector<std::string> words_ = plain_words();
};

class MadeCaptions final : public records::CaptionSource {
 public:
  MadeCaptions(const WordSalad& words, int64_t rows) : words_(words), rows_(rows) {}
  int64_t size() const override { return rows_; }
  std::string key(int64_t index) const override { return std::to_string(index); }
  std::string caption(int64_t index) const override {
    return words_.draw(6, 14, Random(0, "bench:caption", 0, static_cast<uint64_t>(index)));
  }

 private:
  const WordSalad& words_;
  int64_t rows_;
};

class InstantEngine final : public rewrite::engine::Engine {
 public:
  explicit InstantEngine(const WordSalad& words) : words_(words) {}
  Json identity() const override { return {{"engine", "bench"}}; }
  bool uses_examples() const override { return false; }
  bool uses_sampling() const override { return false; }
  void run(rewrite::engine::RequestQueue& queue, const language::Sampling&,
           rewrite::engine::ReplySink& sink) override {
    while (const std::optional<rewrite::engine::Request> request = queue.next()) {
      ++asked;
      sink.put(*request, {.text = words_.draw(
                              8, 20, Random(request->seed, "bench:rewrite", 0, uint64_t{0}))});
    }
  }
  int64_t asked = 0;

 private:
  const WordSalad& words_;
};

/// A fresh folder that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "clipwright-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      fail_running(pattern + ": the folder cannot be made", {}, "TMPDIR names another place.");
    path = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

int64_t bytes_in(const fs::path& folder) {
  int64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(folder))
    bytes += static_cast<int64_t>(file.file_size());
  return bytes;
}

double peak_mebibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

rewrite::job::RewriteSummary run_job(const records::CaptionSource& captions,
                                     const rewrite::job::RewriteOptions& options,
                                     rewrite::engine::Engine& engine) {
  rewrite::job::RewriteSummary summary = rewrite::job::rewrite_captions(captions, options, engine);
  if (summary.interrupted) throw Error(ExitCode::kInterrupted, "interrupted; nothing was measured");
  return summary;
}

int64_t rows_of(const std::string& url, int64_t& accepted) {
  int64_t rows = 0;
  for (const rewrite::ledger::LedgerCount& count :
       rewrite::ledger::open_ledger_if_any(url)->counts()) {
    rows += count.rows;
    if (count.status == "accepted") accepted += count.rows;
  }
  return rows;
}

}  // namespace

std::vector<Measurement> benchmark_ledger(int64_t rows, int runs) {
  const WordSalad words;
  const MadeCaptions captions(words, rows);
  const std::string size = with_commas(rows) + " captions, ";
  std::vector<Measurement> results(4);
  for (Measurement& result : results) result.name = "ledger";
  results[0].mode = size + "a job that writes, commits synced, claims included";
  results[0].unit = "rows/s";
  results[1].mode = size + "SQLite file with sources and indexes";
  results[1].unit = "bytes/row";
  results[2].mode = size + "resume: a plan that finds all of them done";
  results[2].unit = "s";
  results[3].mode = size + "peak memory of the whole process";
  results[3].unit = "MiB";
  for (int run = 0; run < runs; ++run) {
    const ScratchFolder folder;
    rewrite::job::RewriteOptions options;
    options.ledger = "sqlite:" + (folder.path / "ledger.db").string();
    InstantEngine engine(words), idle(words);
    const rewrite::job::RewriteSummary made = run_job(captions, options, engine);
    const int64_t bytes = bytes_in(folder.path);
    const rewrite::job::RewriteSummary again = run_job(captions, options, idle);
    int64_t accepted = 0;
    const int64_t written = rows_of(options.ledger, accepted);
    CW_CHECK(written == engine.asked && accepted == made.accepted(), "the ledger lost rows");
    CW_CHECK(made.left() == 0 && accepted > made.distinct * 99 / 100, "captions were left over");
    CW_CHECK(idle.asked == 0 && again.left() == 0, "what was done is asked for again");
    for (Measurement& result : results)
      result.check = {{"distinct_captions", made.distinct}, {"rows", written}};
    results[0].runs.push_back(static_cast<double>(written) / made.seconds);
    results[1].runs.push_back(static_cast<double>(bytes) / static_cast<double>(written));
    results[2].runs.push_back(again.plan_seconds);
    if (run == 0) results[3].runs.push_back(peak_mebibytes());  // a peak never falls
  }
  return results;
}

}  // namespace clipwright::bench

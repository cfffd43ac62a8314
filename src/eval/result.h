// Result files in CLIP_benchmark's schema (docs/formats/results.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "eval/sample_outcomes.h"

namespace clipwright::eval {

struct EvaluationRecord {
  std::string dataset;     ///< as the user wrote it
  std::string model;       ///< architecture
  std::string pretrained;  ///< where the weights came from
  /// zeroshot_classification, zeroshot_retrieval, image_caption_selection, linear_probe, knn,
  /// fewshot or invariance.
  std::string task;
  Json metrics;
  std::string language = "en";
  SampleOutcomes samples = {};  ///< not in the result file; empty where the task has none
  std::vector<std::string> classnames = {};  ///< of `samples.classes`; not in the result file
};

/// Keys in CLIP_benchmark's order.
Json to_json(const EvaluationRecord& record);

/// A result of `clipwright eval` or CLIP_benchmark; a bare NaN, which Python writes, is null.
/// Without samples and class names. Throws Error(kInput) naming the file that is no result.
EvaluationRecord read_result(const std::filesystem::path& path);

/// FILE.samples.jsonl and FILE.classnames.txt, which belong to the result FILE.json.
std::vector<std::filesystem::path> files_beside_result(const std::filesystem::path& path);

/// What `write_result` writes: the result, and beside FILE.json what belongs to it and is there:
/// FILE.samples.jsonl, FILE.classnames.txt (a name a line).
std::vector<NamedText> result_texts(const std::filesystem::path& path,
                                    const EvaluationRecord& record);

/// These and any others that belong to the result, together; older ones beside it that the new one
/// has not go. Throws Error(kFailed), and the older result stays whole.
void write_result_files(const std::filesystem::path& path, const std::vector<NamedText>& files);
void write_result(const std::filesystem::path& path, const EvaluationRecord& record);

/// One CSV row a file, `metrics` spread into columns and `model_fullname` added as CLIP_benchmark
/// does; lists and objects in `metrics` are left out. `paths` are result files, folders of them,
/// and outputs of `eval suite`. A null or NaN is an empty cell. Throws Error(kInput) naming the
/// file that is no result.
std::string build_results_csv(const std::vector<std::string>& paths);

}  // namespace clipwright::eval

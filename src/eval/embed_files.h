// `clipwright embed`: features of pictures or texts as a NumPy array.
#pragma once

#include <string>
#include <vector>

#include "eval/features.h"
#include "eval/opened_model.h"

namespace clipwright::eval {

struct EmbedRequest {
  models::ModelArgument model;
  std::vector<std::string>
      images;          ///< picture files, folders of them, and .txt lists with a path a line
  std::string texts;   ///< or: a file with a text a line
  std::string output;  ///< .npy
  bool raw = false;    ///< as the tower gives them, not of unit length
  std::string class_tokens = "first";  ///< of pictures: what `class_tokens_to_average` reads
  bool skip_bad = false;  ///< zeros for a picture that cannot be read, instead of an error
  std::string device = "cpu";
  EvalOptions options;
};

struct EmbedSummary {
  int64_t rows = 0, width = 0, bad = 0;
  int64_t cut = 0;  ///< texts that are longer than the model reads
};

/// Writes float32 (N, E), a row for every input in its order, empty texts too. Throws Error(kUsage)
/// unless there is exactly one of images and texts, and for pictures with a sentence encoder,
/// Error(kInput) naming the first picture that cannot be read.
EmbedSummary embed_files(const EmbedRequest& request);

/// The picture files that `arguments` mean, patterns and braces expanded as in a data source: files
/// as they are, the pictures of a folder (and its folders) sorted, the lines of a .txt list without
/// blank ones and without hidden files (data/files/file_names.h). A line that is no path from here
/// is looked for beside its list.
std::vector<std::string> picture_paths(const std::vector<std::string>& arguments);

/// The lines of a file, without line ends; empty ones count, an end of line at the end of the file
/// does not start another.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace clipwright::eval

// The audit's tiers that ask a CLIP: how near rewrite and source are to each other, and how near
// each is to the picture.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "audit/calibration/calibration.h"
#include "audit/verdict/pair_scores.h"
#include "models/model_argument.h"

namespace clipwright::eval {

struct PairSimilarityOptions {
  models::ModelArgument model;  ///< open_clip directory, folder of a run or checkpoint
  std::string data;             ///< pictures: any data argument; empty: texts alone
  bool texts = true;            ///< fill `similarity` too
  std::string device = "cpu";
  int64_t batch_size = 64;
  int workers = 2;
};

/// Fills `similarity` (cosine of the two texts), and with `data` also `image_source` and
/// `image_rewrite`. A pair finds its picture by its key; where keys are line numbers or hashes of
/// the source (line-aligned files, ledgers), by that, if the captions agree. Pairs without a
/// readable picture keep NaN and are counted in `describe`. The features of up to 65,536 pictures
/// are remembered. Throws as load_trained_model and
/// open_dataset.
std::unique_ptr<audit::verdict::PairScorer> clip_similarity(const PairSimilarityOptions& options);

/// Fills `similarity` with the cosine of the two texts' features by a sentence encoder's folder.
/// Throws as models::encoders::SentenceEncoder.
std::unique_ptr<audit::verdict::PairScorer> encoder_similarity(const std::filesystem::path& folder,
                                                               const std::string& device = "cpu");

/// The captions of a data argument with their keys, for a calibration with pictures.
std::vector<audit::calibration::CalibrationCaption> captions_of_data(const std::string& data);

}  // namespace clipwright::eval

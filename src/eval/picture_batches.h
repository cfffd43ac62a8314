// The pictures of a set in order, decoded and prepared for a model a batch ahead of it.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "data/transform/transform.h"
#include "models/config.h"

namespace clipwright::eval {

struct PictureBatch {
  int64_t first = 0, size = 0;
  std::vector<uint8_t> pixels;         ///< (size, 3, S, S); zeros where the picture is bad
  std::map<int64_t, std::string> bad;  ///< by index in the set
};

class PictureBatches {
 public:
  PictureBatches(const data::source::Dataset& pictures, const models::ModelConfig& config,
                 int64_t batch_size, int workers);
  ~PictureBatches();

  /// The next batch; its size is 0 after the last.
  PictureBatch next();

 private:
  PictureBatch decode(int64_t first);

  const data::source::Dataset& pictures_;
  const int64_t batch_size_, bytes_;
  std::vector<data::transform::ImagePipeline> pipelines_;  // one a thread
  int64_t at_ = 0;
  std::future<PictureBatch> ahead_;
};

}  // namespace clipwright::eval

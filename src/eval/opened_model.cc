#include "eval/opened_model.h"

#include "core/error.h"
#include "core/file.h"
#include "losses/class_tokens.h"
#include "models/load_model.h"
#include "tensor/device.h"

namespace clipwright::eval {

OpenedModel open_model(const models::ModelArgument& source, const std::string& device) {
  const torch::Device where = tensor::open_device(device);
  OpenedModel opened{source.model, models::load_model_to_evaluate(source)};
  opened.model->to(where);
  return opened;
}

Tensor class_tokens_to_average(const OpenedModel& opened, const std::string& reading) {
  if (reading == "first") return {};
  if (reading != "average") fail_usage("--class-tokens is '" + reading + "'", "first or average");
  const fs::path folder = models::find_model_folder(opened.source);
  const bool reads_none = folder.empty() || opened.model->config().vision.mean_pooling;
  const Tensor tokens = reads_none ? Tensor() : losses::read_class_tokens(folder);
  if (!tokens.defined()) {
    fail_usage(opened.source + " has one class token",
               "a model that was trained with multi-text.class-tokens above 1",
               "Leave --class-tokens out.");
  }
  const int64_t width = opened.model->config().vision.width;
  if (tokens.size(1) != width) {
    fail_input(folder.string() + ": its further class tokens are " + shape_text(tokens),
               "the image tower's width, " + std::to_string(width));
  }
  return tokens.to(opened.model->logit_scale().device());
}

}  // namespace clipwright::eval

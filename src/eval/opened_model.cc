#include "eval/opened_model.h"

#include "models/load_model.h"
#include "tensor/device.h"

namespace clipwright::eval {

OpenedModel open_model(const std::string& source, const std::string& device) {
  const torch::Device where = tensor::open_device(device);
  OpenedModel opened{source, models::load_model_to_evaluate(source)};
  opened.model->to(where);
  return opened;
}

}  // namespace clipwright::eval

#include "train/folder/meters.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace clipwright::train::folder {
namespace {

constexpr size_t kRecent = 50;
constexpr int64_t kFewest = 20;   // losses before a distance from the mean says anything
constexpr double kMemory = 0.02;  // weight of the newest loss: about the last 50 steps

}  // namespace

double Meters::add_loss(double loss) {
  const double deviation = std::sqrt(variance_);
  const double distance = losses_ >= kFewest && deviation > 0 ? (loss - mean_) / deviation : 0;
  ++losses_;
  const double weight = std::max(kMemory, 1.0 / static_cast<double>(losses_));
  const double change = loss - mean_;
  mean_ += weight * change;
  variance_ = (1 - weight) * (variance_ + weight * change * change);
  recent_.push_back(loss);
  if (recent_.size() > kRecent) recent_.pop_front();
  return distance;
}

double Meters::recent_loss() const {
  double sum = 0;
  for (const double loss : recent_) sum += loss;
  return recent_.empty() ? std::nan("") : sum / static_cast<double>(recent_.size());
}

Json Meters::to_json() const {
  return {{"recent_losses", recent_},
          {"loss_mean", mean_},
          {"loss_variance", variance_},
          {"losses", losses_},
          {"seconds", seconds_}};
}

Meters Meters::from_json(const Json& json, std::string_view where) {
  Meters meters;
  try {
    meters.recent_ = json.at("recent_losses").get<std::deque<double>>();
    meters.mean_ = json.at("loss_mean").get<double>();
    meters.variance_ = json.at("loss_variance").get<double>();
    meters.losses_ = json.at("losses").get<int64_t>();
    meters.seconds_ = json.at("seconds").get<double>();
  } catch (const Json::exception& error) {
    fail_input(std::string(where) + ": the meters cannot be read (" + error.what() + ")", {},
               "Resume from an older checkpoint.");
  }
  return meters;
}

}  // namespace clipwright::train::folder

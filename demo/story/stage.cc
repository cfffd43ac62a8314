#include "demo/story/stage.h"

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/process/interrupt.h"

namespace clipwright::demo::story {
namespace {

constexpr auto kLiveEvery = std::chrono::milliseconds(200);
constexpr auto kPlainEvery = std::chrono::seconds(15);

/// A marker that is no marker is as good as none.
Json read_marker(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return Json();
  Json found = try_json(read_file(path));
  return found.is_object() && found.contains("inputs") && found.contains("state") ? found : Json();
}

std::string differences(const Json& before, const Json& now) {
  std::string list;
  const auto add = [&](const std::string& key) { list += (list.empty() ? "" : ", ") + key; };
  for (const auto& [key, value] : now.items()) {
    if (!before.contains(key) || before[key] != value) add(key);
  }
  for (const auto& [key, value] : before.items()) {
    if (!now.contains(key)) add(key);
  }
  return list;
}

[[noreturn]] void stop() {
  throw Error(ExitCode::kInterrupted, "stopped; everything so far is saved", {},
              "The same command goes on from here.");
}

}  // namespace

Stages::Stages(const fs::path& output, std::vector<PlannedStage> plan)
    : folder_(output / "stages"), plan_(std::move(plan)) {
  make_folder(folder_);
  for (const PlannedStage& stage : plan_) {
    const Json found = read_marker(marker(stage.name));
    likely_done_[stage.name] = found.is_object() && found["state"] == "done";
  }
}

fs::path Stages::marker(const std::string& name) const { return folder_ / (name + ".json"); }

Json Stages::run(const std::string& name, const StageWork& stage) {
  const auto planned = std::find_if(plan_.begin(), plan_.end(),
                                    [&](const PlannedStage& one) { return one.name == name; });
  CW_CHECK(planned != plan_.end(), "a stage of the plan");
  at_ = static_cast<size_t>(planned - plan_.begin());
  const Json before = read_marker(marker(name));
  std::error_code ignored;
  if (before.is_object() && before["inputs"] == stage.inputs) {
    const bool complete =
        std::all_of(stage.products.begin(), stage.products.end(),
                    [&](const fs::path& path) { return fs::exists(path, ignored); });
    if (before["state"] == "done" && complete && before.contains("result")) {
      ++reused_;
      likely_done_[name] = true;
      return before["result"];
    }
  } else if (before.is_object()) {
    say(planned->title + " runs again: " + differences(before["inputs"], stage.inputs) +
        " changed");
    if (stage.discard) stage.discard();
  }
  if (interrupted()) stop();
  likely_done_[name] = false;
  Json mark = {{"stage", name}, {"state", "started"}, {"inputs", stage.inputs}};
  write_file(marker(name), mark.dump(1) + "\n");
  started_ = Clock::now();
  shown_ = {};
  any_share_ = false;
  update(0, "");
  const Json result = stage.work(*this);
  if (interrupted()) stop();
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  mark["state"] = "done";
  mark["seconds"] = seconds;
  mark["result"] = result;
  write_file(marker(name), mark.dump(1) + "\n");
  likely_done_[name] = true;
  auto& [taken, expected] = pace_[planned->kind.empty() ? name : planned->kind];
  // A resumed stage did only a part of what was expected of it.
  if (first_share_ < 0.9) {
    taken += seconds / (1 - first_share_);
    expected += planned->seconds;
  }
  seconds_.emplace_back(name, seconds);
  return result;
}

void Stages::update(double share, std::string_view detail) {
  share = std::clamp(share, 0.0, 1.0);
  if (!any_share_) {
    first_share_ = share;
    any_share_ = share > 0;
  }
  const auto now = Clock::now();
  if (now - shown_ < kLiveEvery) return;
  const double left = seconds_left(share);
  std::string line =
      "[" + std::to_string(at_ + 1) + "/" + std::to_string(plan_.size()) + "] " + plan_[at_].title;
  if (share > 0) line += "  " + std::to_string(static_cast<int>(100 * share)) + " %";
  if (!detail.empty()) line += "  " + std::string(detail);
  line += "  left " + readable_duration(left) + " in all";
  if (show_live(line)) {
    shown_ = now;
  } else if (now - shown_ >= kPlainEvery) {
    shown_ = now;
    hush_.say(line);
  }
}

double Stages::seconds_left(double share) const {
  const auto pace_of = [&](const PlannedStage& stage) {
    const auto found = pace_.find(stage.kind.empty() ? stage.name : stage.kind);
    return found == pace_.end() || found->second.second <= 0
               ? 1.0
               : found->second.first / found->second.second;
  };
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const PlannedStage& current = plan_[at_];
  const double done = share - first_share_;
  double left = current.seconds * pace_of(current) * (1 - share);
  // What this stage shows of itself counts the more the further it is.
  if (done > 0.02) {
    const double measured = seconds * (1 - share) / done, trust = std::min(1.0, 5 * done);
    left = trust * measured + (1 - trust) * left;
  }
  double pace = 1;
  if (done > 0.2 && current.seconds > 0) pace = seconds / done / current.seconds;
  for (size_t i = at_ + 1; i < plan_.size(); ++i) {
    if (likely_done_.at(plan_[i].name)) continue;
    const bool alike =
        !current.kind.empty() && plan_[i].kind == current.kind && pace_.count(current.kind) == 0;
    left += plan_[i].seconds * (alike ? pace : pace_of(plan_[i]));
  }
  return left;
}

}  // namespace clipwright::demo::story

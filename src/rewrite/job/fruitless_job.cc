#include "rewrite/job/fruitless_job.h"

#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "rewrite/engine/reply_reasons.h"

namespace clipwright::rewrite::job {
namespace {

constexpr const char* kGivenUpBefore =
    "A higher --attempts tries them again; another model, prompt or --seed has attempts of its "
    "own.";

bool is_fruitless(const ModeSummary& mode) {
  return mode.accepted + mode.already_done + mode.elsewhere == 0 &&
         (!mode.outcomes.empty() || (mode.given_up_before > 0 && mode.left() == 0));
}

void warn(const std::string& name, const ModeSummary& mode, const RewriteSummary& summary,
          const engine::Engine& engine) {
  const engine::ReplyReasons reasons(mode.outcomes, summary.samples);
  log_warning("mode " + name + " has no rewrite" +
              (reasons.empty() ? std::string(", all were given up before. ") + kGivenUpBefore
                               : ": " + reasons.sentence() + ". " + reasons.advice(engine)));
}

}  // namespace

void require_rewrites(const RewriteSummary& summary, const engine::Engine& engine) {
  if (summary.interrupted) return;
  size_t fruitless = 0;
  std::map<std::string, int64_t> counts;
  for (const auto& [name, mode] : summary.modes) {
    fruitless += is_fruitless(mode) ? 1 : 0;
    for (const auto& [status, count] : mode.outcomes) counts[status] += count;
  }
  if (fruitless == 0) return;
  if (fruitless < summary.modes.size()) {
    for (const auto& [name, mode] : summary.modes) {
      if (is_fruitless(mode)) warn(name, mode, summary, engine);
    }
    return;
  }
  const engine::ReplyReasons reasons(counts, summary.samples);
  if (reasons.empty())
    fail_running("no caption has a rewrite: all were given up before, their replies rejected",
                 "rewrites", kGivenUpBefore);
  fail_running("no caption has a rewrite: " + reasons.sentence(), "replies that can be used",
               reasons.advice(engine));
}

}  // namespace clipwright::rewrite::job

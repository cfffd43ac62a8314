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

constexpr const char* kNoTexts =
    "Look whether the recording was made of these captions, in these modes.";

bool has_rewrites(const ModeSummary& mode) {
  return mode.accepted + mode.already_done + mode.elsewhere > 0;
}

/// Something was asked for, or will not be asked for any more, and there is no rewrite.
bool is_fruitless(const ModeSummary& mode, const engine::Engine& engine) {
  return !has_rewrites(mode) &&
         (!mode.outcomes.empty() || (mode.given_up_before > 0 && mode.left() == 0) ||
          (mode.missing > 0 && !engine.texts_may_come()));
}

/// Why, and what to do, of modes whose replies had the statuses `counts`.
struct Complaint {
  std::string why, advice;
};
Complaint complaint(const std::map<std::string, int64_t>& counts, int64_t missing,
                    const RewriteSummary& summary, const engine::Engine& engine) {
  const engine::ReplyReasons reasons(counts, summary.samples);
  if (!reasons.empty()) return {reasons.sentence(), reasons.advice(engine)};
  if (missing > 0) return {"there is no text for any of them", kNoTexts};
  return {"all were given up before, their replies rejected", kGivenUpBefore};
}

}  // namespace

void require_rewrites(const RewriteSummary& summary, const engine::Engine& engine) {
  if (summary.interrupted) return;
  bool any = false, all = true;  // modes without, and no mode with rewrites
  std::map<std::string, int64_t> counts;
  int64_t missing = 0;
  for (const auto& [name, mode] : summary.modes) {
    any = any || is_fruitless(mode, engine);
    all = all && !has_rewrites(mode);
    missing += mode.missing;
    for (const auto& [status, count] : mode.outcomes) counts[status] += count;
  }
  if (!any) return;
  if (all) {
    const Complaint said = complaint(counts, missing, summary, engine);
    fail_running("no caption has a rewrite: " + said.why, "texts that can be used", said.advice);
  }
  for (const auto& [name, mode] : summary.modes) {
    if (!is_fruitless(mode, engine)) continue;
    const Complaint said = complaint(mode.outcomes, mode.missing, summary, engine);
    log_warning("mode " + name + " has no rewrite: " + said.why + ". " + said.advice);
  }
}

}  // namespace clipwright::rewrite::job

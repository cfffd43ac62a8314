#include "demo/story/demo_text.h"

#include <cstdio>

#include "core/log.h"
#include "core/words.h"
#include "demo/story/family_table.h"

namespace clipwright::demo::story {
namespace {

std::string describe_comparison(const Comparison& comparison, const std::string& title) {
  std::string text = title + "\n" + to_text(comparison) + "\n";
  for (const std::string& sentence : verdicts(comparison)) text += sentence + "\n";
  return text;
}

}  // namespace

std::string describe_check(const RewritingReport& rewriting) {
  const Json& check = rewriting.check;
  std::string line = with_commas(check.value("equal", int64_t{0})) + " of " +
                     with_commas(check.value("compared", int64_t{0})) +
                     " captions rewritten live by " +
                     check.value("model", std::string("the language model")) + " (" +
                     check.value("mode", std::string()) + ") equal the recorded ones";
  if (!check.value("same_model", true))
    line += "; the model file is another one than the recorded rewrites were made with";
  if (!check.value("same_examples", true))
    line += "; the examples of the mode have changed since the recording";
  const Json kernels = check.value("kernels", Json::object());
  const std::string recorded = kernels.value("recorded", std::string()),
                    now = kernels.value("now", std::string());
  if (!recorded.empty()) {
    line += "; recorded with llama.cpp's " + recorded + " kernels";
    line += recorded == now ? " as here"
                            : ", here it has " + now +
                                  ", and texts are promised to be equal with one kind alone";
  }
  return line;
}

std::string describe_audit(const RewritingReport& rewriting) {
  const Json& audit = rewriting.audit;
  return "audit: " + with_commas(audit.value("kept", int64_t{0})) + " of " +
         with_commas(audit.value("pairs", int64_t{0})) + " rewrites kept (" +
         percent(audit.value("kept_share", 0.0)) +
         "), the others fall back to the original caption";
}

std::string describe_training(const Twin& twin, const Json& training) {
  char text[128];
  std::snprintf(text, sizeof text, ": %lld steps in %.0f s, loss %.3f, %.0f pictures/s",
                static_cast<long long>(twin.steps), training.value("seconds", 0.0),
                training.value("loss", 0.0), training.value("samples_per_s", 0.0));
  return "trained " + twin.title() + text;
}

std::string to_text(const DemoReport& report) {
  if (report.options.family)
    return family_table(report) + "\ntable: " + report.page.string() + "\n";
  const RewritingReport& rewriting = report.rewriting;
  std::string text = report.data_line + "\n" + report.photographs + "\n";
  text += std::string(rewriting.live ? "rewritten here" : "recorded rewrites replayed") + ", modes";
  for (size_t i = 0; i < rewriting.modes.size(); ++i)
    text += (i > 0 ? ", " : " ") + rewriting.modes[i];
  text += "; " + describe_audit(rewriting) + "\n";
  if (!rewriting.check.is_null()) text += describe_check(rewriting) + "\n";
  const std::string seeds =
      std::to_string(report.comparison.seeds) + (report.comparison.seeds == 1 ? " seed" : " seeds");
  text +=
      "\n" + describe_comparison(
                 report.comparison,
                 "The same number of steps (" + with_commas(report.twins.front().steps) + "), " +
                     seeds + "; in brackets 95 % bootstrap intervals of the paired difference");
  if (report.equal_time)
    text += "\n" + describe_comparison(*report.equal_time, "The same training time (that of " +
                                                               report.comparison.arms.back() + ")");
  if (report.comparison.seeds < 3)
    text +=
        "\nFewer than three seeds: intervals do not hold what another start of training would "
        "change. Try --seeds 3.\n";
  return text + "\nreport: " + report.page.string() + "\n";
}

}  // namespace clipwright::demo::story

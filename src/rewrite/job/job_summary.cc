#include "rewrite/job/job_summary.h"

#include <cstdio>

#include "core/log.h"

namespace clipwright::rewrite::job {

int64_t RewriteSummary::accepted() const {
  int64_t sum = 0;
  for (const auto& [name, mode] : modes) sum += mode.accepted;
  return sum;
}

int64_t RewriteSummary::left() const {
  int64_t sum = 0;
  for (const auto& [name, mode] : modes) sum += mode.left();
  return sum;
}

Json RewriteSummary::to_json() const {
  Json json = {{"captions", captions},
               {"distinct", distinct},
               {"empty", empty},
               {"not_utf8", not_utf8},
               {"shortened", shortened}};
  for (const auto& [name, mode] : modes) {
    Json counts = {{"wanted", mode.wanted},     {"already_done", mode.already_done},
                   {"accepted", mode.accepted}, {"given_up", mode.given_up},
                   {"missing", mode.missing},   {"failed", mode.failed},
                   {"attempts", Json::object()}};
    counts["given_up_before"] = mode.given_up_before;
    counts["elsewhere"] = mode.elsewhere;
    counts["left"] = mode.left();
    for (const auto& [status, count] : mode.outcomes) counts["attempts"][status] = count;
    json["modes"][name] = std::move(counts);
  }
  json["tokens_in"] = tokens_in;
  json["tokens_out"] = tokens_out;
  json["tokens_estimated"] = tokens_estimated;
  json["plan_seconds"] = plan_seconds;
  json["seconds"] = seconds;
  json["interrupted"] = interrupted;
  json["budget_spent"] = !budget.empty();
  return json;
}

std::string describe(const RewriteSummary& summary) {
  std::string text =
      with_commas(summary.captions) + " captions, " + with_commas(summary.distinct) + " distinct";
  if (summary.empty > 0) text += ", " + with_commas(summary.empty) + " empty";
  if (summary.not_utf8 > 0) text += ", " + with_commas(summary.not_utf8) + " not UTF-8";
  if (summary.shortened > 0)
    text += ", " + with_commas(summary.shortened) + " cut to fit the prompt";
  text += "\n";
  for (const auto& [name, mode] : summary.modes) {
    text += name + ": accepted " + with_commas(mode.accepted) + ", done before " +
            with_commas(mode.already_done);
    if (mode.elsewhere > 0) text += ", by other workers " + with_commas(mode.elsewhere);
    if (mode.given_up > 0) text += ", given up " + with_commas(mode.given_up);
    if (mode.given_up_before > 0)
      text += ", given up before " + with_commas(mode.given_up_before) +
              " (a higher --attempts tries them again)";
    if (mode.missing > 0) text += ", no text yet for " + with_commas(mode.missing);
    if (mode.failed > 0) text += ", failed " + with_commas(mode.failed);
    const int64_t left = mode.left();
    if (left > 0) text += ", left to do " + with_commas(left);
    for (const auto& [status, count] : mode.outcomes) {
      if (status != "accepted") text += "; " + status + " " + with_commas(count);
    }
    text += "\n";
  }
  // A speed that says something: that of a model, over more than a moment.
  if (summary.seconds >= 1 && summary.accepted() > 0 && summary.tokens_out > 0) {
    char rate[80];
    std::snprintf(rate, sizeof rate, "%.1f rewrites/s, %.1f tokens/s written%s\n",
                  static_cast<double>(summary.accepted()) / summary.seconds,
                  static_cast<double>(summary.tokens_out) / summary.seconds,
                  summary.tokens_estimated ? " (estimated)" : "");
    text += rate;
  }
  if (!summary.budget.empty()) {
    text += "Stopped: the budget of " + summary.budget + " is spent (" +
            with_commas(summary.tokens_in + summary.tokens_out) + " tokens" +
            (summary.tokens_estimated ? " by estimate, " : ", ") +
            readable_duration(summary.seconds) + "); " + with_commas(summary.left()) +
            " rewrites are left. Run the same command again to go on.\n";
  }
  return text;
}

}  // namespace clipwright::rewrite::job

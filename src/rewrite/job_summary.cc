// How a job's counts read.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/log.h"
#include "rewrite/job.h"

namespace clipwright {

int64_t RewriteSummary::accepted() const {
  int64_t sum = 0;
  for (const auto& [name, mode] : modes) sum += mode.accepted;
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
    for (const auto& [status, count] : mode.outcomes) counts["attempts"][status] = count;
    json["modes"][name] = std::move(counts);
  }
  json["tokens_out"] = tokens_out;
  json["seconds"] = seconds;
  json["interrupted"] = interrupted;
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
    if (mode.given_up > 0) text += ", given up " + with_commas(mode.given_up);
    if (mode.missing > 0) text += ", not recorded " + with_commas(mode.missing);
    if (mode.failed > 0) text += ", failed " + with_commas(mode.failed);
    const int64_t left = mode.wanted - mode.already_done - mode.accepted - mode.given_up -
                         mode.missing - mode.failed;
    if (left > 0) text += ", left to do " + with_commas(left);
    for (const auto& [status, count] : mode.outcomes) {
      if (status != "accepted") text += "; " + status + " " + with_commas(count);
    }
    text += "\n";
  }
  if (summary.seconds > 0 && summary.accepted() > 0) {
    char rate[64];
    std::snprintf(rate, sizeof rate, "%.1f rewrites/s, %.1f tokens/s written\n",
                  static_cast<double>(summary.accepted()) / summary.seconds,
                  static_cast<double>(summary.tokens_out) / summary.seconds);
    text += rate;
  }
  return text;
}

Json RewriteForecast::to_json() const {
  return {{"captions", plan.captions},
          {"distinct", plan.distinct},
          {"rewrites", rewrites},
          {"prompts", plan.prompts},
          {"sample", sample},
          {"tokens_in", std::llround(tokens_in)},
          {"tokens_in_unshared", std::llround(tokens_in_unshared)},
          {"tokens_out", std::llround(tokens_out)},
          {"tokens_out_margin", std::llround(tokens_out_margin)},
          {"seconds", seconds}};
}

std::string describe(const RewriteForecast& forecast) {
  std::string text = describe(forecast.plan);
  text += with_commas(forecast.rewrites) + " rewrites to make, " +
          with_commas(forecast.plan.prompts) + " prompt beginnings to compute once each\n";
  if (forecast.rewrites == 0) return text;
  text += "prompt tokens: " + with_commas(std::llround(forecast.tokens_in)) + " (" +
          with_commas(std::llround(forecast.tokens_in_unshared)) + " if nothing were shared)\n";
  text += "new tokens: " + with_commas(std::llround(forecast.tokens_out)) + " +- " +
          with_commas(std::llround(forecast.tokens_out_margin)) + " (90 %, from a sample of " +
          with_commas(forecast.sample) + " rewrites)\n";
  text += "time: about " + readable_duration(forecast.seconds) + " at the speed of the sample\n";
  return text;
}

}  // namespace clipwright

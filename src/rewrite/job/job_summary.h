// A job's counts, and how they read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"

namespace clipwright::rewrite::job {

/// Counts of one mode.
struct ModeSummary {
  int64_t wanted = 0;                       ///< distinct captions
  int64_t already_done = 0;                 ///< accepted before this run
  int64_t given_up_before = 0;              ///< out of attempts before this run
  int64_t elsewhere = 0;                    ///< finished by other workers during this run
  int64_t accepted = 0;                     ///< in this run
  int64_t given_up = 0;                     ///< in this run: every attempt rejected
  int64_t missing = 0;                      ///< the engine had no text (replay)
  int64_t failed = 0;                       ///< the engine could not answer
  std::map<std::string, int64_t> outcomes;  ///< attempts of this run by status
  int64_t left() const {
    return wanted - already_done - given_up_before - elsewhere - accepted - given_up - missing -
           failed;
  }
};

struct RewriteSummary {
  int64_t captions = 0, distinct = 0;
  int64_t empty = 0, not_utf8 = 0;  ///< captions that cannot be rewritten
  std::vector<std::pair<std::string, ModeSummary>> modes;
  int64_t prompts = 0;  ///< distinct prompt beginnings among the work to do
  int64_t tokens_in = 0, tokens_out = 0;
  bool tokens_estimated = false;  ///< of some replies nobody said how many they took
  /// The first text (of a failure: the reason) of this run under each status of `outcomes`.
  std::map<std::string, std::string> samples;
  int64_t shortened = 0;    ///< captions too long for a prompt, cut at a word
  double plan_seconds = 0;  ///< to find out what was done before
  double seconds = 0;       ///< spent in the engine
  bool interrupted = false;
  std::string budget;  ///< what ended the run before its end, in words; empty:
                       ///< nothing did
  int64_t accepted() const;
  int64_t left() const;
  Json to_json() const;
};

/// A few lines for people.
std::string describe(const RewriteSummary& summary);

}  // namespace clipwright::rewrite::job

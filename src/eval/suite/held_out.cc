#include "eval/suite/held_out.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/sets/distinct_pictures.h"
#include "eval/suite/set_places.h"
#include "eval/suite/tasks.h"

namespace clipwright::eval::suite {
namespace {

/// Each picture once, whatever file it lies in and whatever it is called.
struct ScoredSet {
  std::string name;
  Role role = Role::kReport;
  std::set<Sha256> pictures;
};

std::set<Sha256> pictures_of(const SuiteSet& set) {
  const auto pictures = scored_pictures(set);
  sets::DistinctPictures distinct;  // a row a caption: each picture is read once
  for (int64_t i = 0; i < pictures->size(); ++i) distinct.add(pictures->key(i), i);
  std::set<Sha256> digests;
  Progress progress("pictures of " + set.name, distinct.size());
  int64_t done = 0;
  for (const int64_t row : distinct.first_rows()) {
    stop_if_interrupted();
    progress.update(++done);
    const data::source::ImageBytes image = pictures->image(row);
    if (!image.error.empty()) continue;
    digests.insert(sha256({reinterpret_cast<const char*>(image.view.data()), image.view.size()}));
  }
  return digests;
}

std::vector<ScoredSet> read_sets(const Suite& suite, const std::filesystem::path& root) {
  std::vector<ScoredSet> scored;
  for (SuiteSet set : suite.sets) {
    if (!find_set(root, set)) continue;
    try {
      scored.push_back({set.name, set.role, pictures_of(set)});
    } catch (const Error& error) {
      if (error.code() == ExitCode::kInterrupted) throw;
      log_warning("set " + set.name +
                  " cannot be opened, so whether it is held out is not known: " + error.what());
    }
  }
  return scored;
}

int64_t shared_pictures(const ScoredSet& a, const ScoredSet& b) {
  return std::count_if(a.pictures.begin(), a.pictures.end(),
                       [&](const Sha256& picture) { return b.pictures.contains(picture); });
}

bool has_role(const Suite& suite, Role role) {
  return std::any_of(suite.sets.begin(), suite.sets.end(),
                     [role](const SuiteSet& set) { return set.role == role; });
}

}  // namespace

void require_held_out(const Suite& suite, const std::filesystem::path& root) {
  if (!has_role(suite, Role::kSelect) || !has_role(suite, Role::kReport)) return;
  const std::vector<ScoredSet> sets = read_sets(suite, root);
  for (const ScoredSet& select : sets) {
    if (select.role != Role::kSelect) continue;
    for (const ScoredSet& report : sets) {
      if (report.role != Role::kReport) continue;
      const int64_t shared = shared_pictures(select, report);
      if (shared == 0) continue;
      const auto smaller =
          static_cast<int64_t>(std::min(select.pictures.size(), report.pictures.size()));
      const std::string found = with_commas(shared) + " of the " +
                                with_commas(static_cast<int64_t>(select.pictures.size())) +
                                " pictures of " + select.name +
                                ", which chooses the checkpoint, are in " + report.name +
                                ", which is reported";
      if (2 * shared < smaller) {
        log_warning("suite " + suite.name + ": " + found +
                    ": a number that a checkpoint was chosen by is no test result");
        continue;
      }
      fail_usage("suite " + suite.name + ": " + found,
                 "a set with role \"select\" that holds other pictures than the reported ones",
                 "Let " + select.name +
                     " be a held-out split of the training or validation data, "
                     "or take the role from one of the two.");
    }
  }
}

}  // namespace clipwright::eval::suite

#include "core/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "core/words.h"

namespace clipwright {
namespace {

std::string compose(std::string_view found, std::string_view expected, std::string_view advice) {
  std::string sentence(found);
  if (!expected.empty()) sentence.append("; expected ").append(expected);
  if (!sentence.empty() && sentence.back() != '.') sentence += '.';
  if (!advice.empty()) sentence.append(" ").append(advice);
  return printable(sentence);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

Error::Error(ExitCode code, std::string_view found, std::string_view expected,
             std::string_view advice)
    : std::runtime_error(compose(found, expected, advice)), code_(code) {}

void fail_usage(std::string_view found, std::string_view expected, std::string_view advice) {
  throw Error(ExitCode::kUsage, found, expected, advice);
}
void fail_input(std::string_view found, std::string_view expected, std::string_view advice) {
  throw Error(ExitCode::kInput, found, expected, advice);
}
void fail_running(std::string_view found, std::string_view expected, std::string_view advice) {
  throw Error(ExitCode::kFailed, found, expected, advice);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

void check_failed(const char* file, int line, const char* condition, std::string_view message) {
  std::fprintf(stderr, "%s:%d: internal error: %.*s (%s does not hold). Please report this.\n",
               file, line, static_cast<int>(message.size()), message.data(), condition);
  std::abort();
}

}  // namespace clipwright

#include "rewrite/job/sample_pace.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace clipwright::rewrite::job {
namespace {

constexpr size_t kStretches = 10;
constexpr size_t kEnoughToDrop = 5;  // stretches, of which the one that warms up can be spared

/// Student's t for a two-sided 95 % interval with 1, 2, ... degrees of freedom.
constexpr std::array<double, kStretches - 1> kStudent = {12.706, 4.303, 3.182, 2.776, 2.571,
                                                         2.447,  2.365, 2.306, 2.262};

}  // namespace

void SamplePace::add(double end, double service, double work) {
  const double before = answers_.empty() ? 0 : answers_.back().end;
  answers_.push_back(
      {service > 0 ? std::max(0.0, end - service) : std::min(before, end), end, work});
  busy_ += end - answers_.back().begin;
}

/// Replies in the making, on average between two times.
double SamplePace::at_once(double from, double to) const {
  double sum = 0;
  for (const Answer& answer : answers_)
    sum += std::max(0.0, std::min(answer.end, to) - std::max(answer.begin, from));
  return sum / (to - from);
}

/// The engine's time for some replies: theirs, shared among those in the making at once. Ends in
/// waves (many requests sent together) do not disturb this as they do replies a second.
SamplePace::Stretch SamplePace::stretch(size_t from, size_t to, double last_begin) const {
  Stretch result;
  double begin = answers_[from].begin, end = begin, service = 0;
  for (size_t i = from; i < to; ++i) {
    begin = std::min(begin, answers_[i].begin);
    end = std::max(end, answers_[i].end);
    service += answers_[i].end - answers_[i].begin;
    result.work += answers_[i].work;
  }
  // Once nothing is left to begin, the sample runs dry as the job will not.
  if (last_begin > begin) end = std::min(end, last_begin);
  if (end > begin) result.seconds = service / at_once(begin, end);
  return result;
}

Estimate SamplePace::time_of(double work) const {
  if (answers_.empty()) return {};
  const size_t count = std::min(kStretches, answers_.size());
  double last_begin = 0;
  for (const Answer& answer : answers_) last_begin = std::max(last_begin, answer.begin);
  std::vector<Stretch> stretches;
  for (size_t i = count >= kEnoughToDrop ? 1 : 0; i < count; ++i) {
    stretches.push_back(
        stretch(answers_.size() * i / count, answers_.size() * (i + 1) / count, last_begin));
  }
  double seconds = 0, done = 0;
  for (const Stretch& one : stretches) seconds += one.seconds, done += one.work;
  if (done <= 0) return {};
  const double pace = seconds / done;
  const auto n = static_cast<double>(stretches.size());
  // At the end of the job its last replies are waited for with ever fewer at once.
  const double longest = answers_.back().end;
  const double slots = std::max(1.0, longest > 0 ? busy_ / longest : 1.0);
  const double tail = busy_ / static_cast<double>(answers_.size()) * (1 - 1 / slots) / 2;
  const double value = pace * work + tail;
  if (stretches.size() < 2) return {value, value};
  double squares = 0;
  for (const Stretch& one : stretches) squares += std::pow(one.seconds - pace * one.work, 2);
  // The mean of the sample is uncertain, and so is the mean of as many stretches as the job has.
  const double job = work * n / done;
  const double spread = std::sqrt(squares / (n - 1) * (1 / n + 1 / std::max(job, 1e-9)));
  return {value, std::hypot(kStudent[stretches.size() - 2] * spread * job, tail)};
}

}  // namespace clipwright::rewrite::job

// Which caption goes with which picture: the rules of the published tests on a matrix of
// similarities.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::eval::selection {

/// What a tie between the right answer and another one means.
enum class Ties {
  kStrict,       ///< wrong: the right answer must be strictly larger
  kLowestIndex,  ///< argmax: the answer with the lower index is chosen
};

/// One choice: `scores[answer]` against the others.
struct Decision {
  bool right = false;
  bool tied = false;  ///< the right answer is exactly as good as the best of the others
  double margin = 0;  ///< right answer minus the best of the others
};
/// With one score there is nothing to choose: right, not tied.
Decision decide(std::span<const float> scores, size_t answer, Ties ties);

/// A case of `pictures` x `captions` similarities, caption i belonging to picture i.
/// CLIP_benchmark's names: `text` every picture that has a caption chooses it, `image` every
/// caption that has a picture chooses it, `both`.
struct CaseOutcome {
  bool image = false, text = false;
  bool both() const { return image && text; }
  std::vector<Decision> decisions;  ///< those where there was a choice
};
CaseOutcome judge(std::span<const float> scores, size_t pictures, size_t captions, Ties ties);

/// The shares that a model gets which draws its scores: of 1 x C and of 2 x 2 cases.
struct Chance {
  double image = 0, text = 0, both = 0;
};
Chance chance_of(size_t pictures, size_t captions);

/// Whether scores say anything, or a model that gives everything the same feature made them.
class CollapseGuard {
 public:
  void add(std::span<const float> scores, const CaseOutcome& outcome);
  int64_t ties() const { return ties_; }
  int64_t decisions() const { return decisions_; }
  /// Empty, or what is wrong with them as a sentence's end: all similarities within 0.0001, or more
  /// than a tenth of the decisions hang on less than a millionth.
  std::string collapse() const;

 private:
  int64_t ties_ = 0, near_ = 0, decisions_ = 0;
  float least_ = 0, most_ = 0;
  bool any_ = false;
};

}  // namespace clipwright::eval::selection

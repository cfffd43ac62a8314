#include "eval/invariance/classes.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "eval/zeroshot.h"
#include "tests/eval/tiny_set.h"
#include "text/templates/templates.h"

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Corruption;
using audit::calibration::Damage;

class ClassInvariance : public testing::Test {
 protected:
  ClassInvariance() {
    make_class_folders(folder_.path() / "set");
    write_file(folder_ / "names.txt", "red brick\nblue wall\ngreen pear\n");
    write_file(folder_ / "templates.txt", "a photo of a {c}.\nthe {c}\n");
    data_ = sets::open_classification({.source = folder_ / "set"}, folder_ / "names.txt",
                                      folder_ / "templates.txt");
  }
  Tensor features() { return unit_rows(embed_images(*model_, *data_.pictures).rows); }
  std::vector<int> predicted(const std::vector<std::string>& names,
                             const std::vector<std::string>& templates) {
    return evaluate_zeroshot(*model_, *data_.pictures, names, templates).predicted;
  }

  TemporaryFolder folder_;
  sets::ClassificationData data_;
  std::shared_ptr<models::Clip> model_ = tiny_clip();
  const lexicon::WordNet no_wordnet_{folder_.path()};
  const Corruption corruption_{no_wordnet_, 1};
  const std::vector<std::string> other_names_ = {"crimson stone", "azure surface", "green pear"};
};

TEST_F(ClassInvariance, ComparesTheAnswersOfTwoClassifiers) {
  const std::vector<std::string> other_templates = {"{c}", "art of the {c}."};
  const InvarianceOutcome outcome = class_invariance(
      *model_, data_,
      {{"names", other_names_, data_.templates}, {"templates", data_.classnames, other_templates}},
      corruption_);
  ASSERT_EQ(outcome.rewordings.size(), 2U);
  EXPECT_EQ(outcome.rewordings[0].texts, 2);  // the third name is the same
  EXPECT_EQ(outcome.rewordings[1].texts, 3);
  const std::vector<int> first = predicted(data_.classnames, data_.templates);
  const std::vector<std::vector<int>> others = {predicted(other_names_, data_.templates),
                                                predicted(data_.classnames, other_templates)};
  std::vector<int64_t> same_of_class(3), right_of_class(3);
  for (size_t r = 0; r < 2; ++r) {
    int64_t same = 0, right = 0, reworded = 0, both = 0;
    for (int64_t i = 0; i < 9; ++i) {
      const int before = first[static_cast<size_t>(i)], after = others[r][static_cast<size_t>(i)],
                label = data_.pictures->label(i);
      same += before == after;
      right += before == label;
      reworded += after == label;
      both += before == label && after == label;
      same_of_class[static_cast<size_t>(label)] += before == after;
      right_of_class[static_cast<size_t>(label)] += before == label;
    }
    ASSERT_EQ(outcome.rewordings[r].directions.size(), 1U);
    const Agreement& found = outcome.rewordings[r].directions[0].agreement;
    EXPECT_EQ(found.queries, 9);
    EXPECT_EQ(found.same, same);
    EXPECT_EQ(found.right, right);
    EXPECT_EQ(found.right_reworded, reworded);
    EXPECT_EQ(found.right_both, both);
  }
  ASSERT_EQ(outcome.classes.size(), 3U);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(outcome.classes[c].name, data_.classnames[c]);
    EXPECT_EQ(outcome.classes[c].pictures, 3);
    EXPECT_EQ(outcome.classes[c].agreement.queries, 6);  // three pictures, two rewordings
    EXPECT_EQ(outcome.classes[c].agreement.same, same_of_class[c]);
    EXPECT_EQ(outcome.classes[c].agreement.right, right_of_class[c]);
  }
  EXPECT_EQ(outcome.classes[0].synonyms, std::vector<std::string>{"crimson stone"});
  EXPECT_TRUE(outcome.classes[2].synonyms.empty());
}

TEST_F(ClassInvariance, ComparesEveryPictureWithDamagedPrompts) {
  const InvarianceOutcome outcome =
      class_invariance(*model_, data_, {{"names", other_names_, data_.templates}}, corruption_);
  const Tensor pictures = features();
  const Tensor classifier = zeroshot_classifier(*model_, data_.classnames, data_.templates);
  for (const Damage damage : {Damage::kSwapColour, Damage::kNegate, Damage::kAddObject}) {
    int64_t pairs = 0, prefer = 0, both = 0, reworded_pairs = 0, right = 0, right_damaged = 0;
    for (size_t c = 0; c < 3; ++c) {
      std::vector<std::string> negatives;
      for (const std::string& one : data_.templates) {
        const std::string prompt = text::templates::fill_template(one, data_.classnames[c]),
                          other = text::templates::fill_template(one, other_names_[c]);
        const auto negative = corruption_.damage(prompt, damage);
        ASSERT_TRUE(negative) << prompt;
        negatives.push_back(*negative);
        const Tensor rows = unit_rows(embed_texts(*model_, {prompt, other, *negative}));
        for (int64_t i = 0; i < 9; ++i) {
          if (data_.pictures->label(i) != static_cast<int>(c)) continue;
          const Tensor scores = rows.mv(pictures[i]);
          const auto beats = [&](int64_t one) {
            return scores[one].item<double>() > scores[2].item<double>() + kRounding;
          };
          const bool original = beats(0);
          ++pairs;
          prefer += original;
          if (c == 2) continue;  // its name is the same
          ++reworded_pairs;
          both += original && beats(1);
        }
      }
      Tensor damaged = classifier.clone();
      damaged[static_cast<int64_t>(c)].copy_(
          average_prompts(embed_texts(*model_, negatives), 1)[0]);
      for (int64_t i = 0; i < 9; ++i) {
        if (data_.pictures->label(i) != static_cast<int>(c)) continue;
        right += classifier.mv(pictures[i]).argmax().item<int64_t>() == static_cast<int64_t>(c);
        right_damaged +=
            damaged.mv(pictures[i]).argmax().item<int64_t>() == static_cast<int64_t>(c);
      }
    }
    const DamageOutcome& found = outcome.damages.at(damage);
    EXPECT_EQ(found.preferences.pairs, pairs) << name_of(damage);
    EXPECT_EQ(found.preferences.prefer_original, prefer) << name_of(damage);
    EXPECT_EQ(found.preferences.reworded_pairs, reworded_pairs) << name_of(damage);
    EXPECT_EQ(found.preferences.prefer_both, both) << name_of(damage);
    EXPECT_EQ(found.queries, 9) << name_of(damage);
    EXPECT_EQ(found.right, right) << name_of(damage);
    EXPECT_EQ(found.right_damaged, right_damaged) << name_of(damage);
  }
  Preferences of_classes;
  for (const ClassOutcome& one : outcome.classes) of_classes += one.preferences;
  EXPECT_EQ(of_classes.sensitivity(), outcome.metrics()["sensitivity"].get<double>());
}

// A rewording with other templates has no prompt for each of the set's, however many it has.
TEST_F(ClassInvariance, OtherTemplatesMayBeFewerOrMore) {
  const InvarianceOutcome alone = class_invariance(*model_, data_, {}, corruption_);
  for (const std::vector<std::string>& templates :
       {std::vector<std::string>{"{c}"},
        std::vector<std::string>{"{c}", "art of the {c}.", "one {c}", "my {c}", "a {c}"}}) {
    const InvarianceOutcome outcome =
        class_invariance(*model_, data_, {{"templates", data_.classnames, templates}}, corruption_);
    EXPECT_EQ(outcome.rewordings[0].directions[0].agreement.queries, 9);
    ASSERT_EQ(outcome.damages.size(), alone.damages.size());
    for (const auto& [damage, found] : outcome.damages) {
      EXPECT_EQ(found.preferences.pairs, alone.damages.at(damage).preferences.pairs);
      EXPECT_EQ(found.preferences.reworded_pairs, 0) << name_of(damage);
    }
  }
}

TEST_F(ClassInvariance, DoesNotDependOnBatchesOrThreads) {
  const auto run = [&](const EvalOptions& options) {
    return class_invariance(*model_, data_, {{"names", other_names_, data_.templates}}, corruption_,
                            options)
        .tables();
  };
  const Json one = run({.batch_size = 1, .workers = 1});
  for (const int64_t batch : {2, 7, 64}) EXPECT_EQ(run({.batch_size = batch, .workers = 3}), one);
}

TEST_F(ClassInvariance, RefusesWhatCannotBeClassified) {
  sets::ClassificationData data = data_;
  data.classnames = {"only one"};
  EXPECT_THROW(class_invariance(*model_, data, {}, corruption_), Error);
  data.classnames = {"two", "names"};
  EXPECT_THROW(class_invariance(*model_, data, {}, corruption_), Error);
}

}  // namespace
}  // namespace clipwright::eval::invariance

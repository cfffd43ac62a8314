#include "losses/terms/nearest_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include "core/error.h"
#include "tensor/safetensors.h"
#include "tests/finite_difference.h"
#include "tests/temporary_folder.h"

namespace clipwright::losses::terms {
namespace {

Tensor random_unit(int64_t count, int64_t width, torch::ScalarType type = torch::kFloat64) {
  const Tensor rows = torch::randn({count, width}, type);
  return rows / rows.norm(2, -1, /*keepdim=*/true);
}

double product(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t d = 0; d < a.size(0); ++d) sum += a[d].item<double>() * b[d].item<double>();
  return sum;
}

struct Inputs {
  Tensor image0, image1, text0, text1, queue;
};
Inputs random_inputs(int64_t count = 4, int64_t size = 11, int64_t width = 5) {
  return {random_unit(count, width), random_unit(count, width), random_unit(count, width),
          random_unit(count, width), random_unit(size, width)};
}

/// The queue's row of rank `j` by the product with `text`, the first of equals.
Tensor neighbour(const Tensor& queue, const Tensor& text, int64_t j) {
  std::vector<std::pair<double, int64_t>> ranked;
  for (int64_t i = 0; i < queue.size(0); ++i) ranked.emplace_back(-product(queue[i], text), i);
  std::sort(ranked.begin(), ranked.end());
  const Tensor row = queue[ranked[static_cast<size_t>(j)].second];
  return row / std::sqrt(product(row, row));
}

double by_hand(const Inputs& in, double scale, const NearestTextForm& form) {
  const int64_t count = in.image0.size(0);
  double sum = 0;
  int64_t losses = 0;
  for (const Tensor& images : {in.image0, in.image1}) {
    for (const Tensor& texts : {in.text0, in.text1}) {
      if (!form.four_pairs && texts.is_same(in.text1)) continue;
      for (int64_t j = 0; j < form.neighbours; ++j) {
        std::vector<Tensor> near;
        for (int64_t n = 0; n < count; ++n) near.push_back(neighbour(in.queue, texts[n], j));
        double to_texts = 0, to_images = 0;
        for (size_t n = 0; n < near.size(); ++n) {
          double over_texts = 0, over_images = 0;
          for (size_t k = 0; k < near.size(); ++k) {
            over_texts += std::exp(scale * product(images[static_cast<int64_t>(n)], near[k]));
            over_images += std::exp(scale * product(images[static_cast<int64_t>(k)], near[n]));
          }
          const double own = scale * product(images[static_cast<int64_t>(n)], near[n]);
          to_texts += (std::log(over_texts) - own) / static_cast<double>(count);
          to_images += (std::log(over_images) - own) / static_cast<double>(count);
        }
        sum += form.both_directions ? (to_texts + to_images) / 2 : to_texts;
        ++losses;
      }
    }
  }
  return sum / static_cast<double>(losses);
}

Tensor loss_of(const Inputs& in, const Tensor& scale, const NearestTextForm& form) {
  return nearest_text_loss(in.image0, in.image1, in.text0, in.text1, in.queue, scale, form).loss;
}

std::vector<NearestTextForm> all_forms() {
  std::vector<NearestTextForm> forms;
  for (const bool both : {false, true}) {
    for (const bool four : {false, true}) {
      for (const int64_t neighbours : {1, 3}) forms.push_back({both, four, neighbours});
    }
  }
  return forms;
}

TEST(NearestText, EqualsItsFormula) {
  torch::manual_seed(1);
  const Inputs in = random_inputs();
  const Inputs single = {in.image0.to(torch::kFloat32), in.image1.to(torch::kFloat32),
                         in.text0.to(torch::kFloat32), in.text1.to(torch::kFloat32),
                         in.queue.to(torch::kFloat32)};
  for (const NearestTextForm& form : all_forms()) {
    const double expected = by_hand(in, 8, form);
    EXPECT_NEAR(loss_of(in, torch::tensor(8.0, torch::kFloat64), form).item<double>(), expected,
                1e-10);
    EXPECT_NEAR(loss_of(single, torch::tensor(8.0F), form).item<double>(), expected, 1e-5);
  }
}

// A queue of the rows' own type counts as it is given; half precision changes lengths, which are
// mended.
TEST(NearestText, NeighboursStoredInHalfPrecisionAreOfUnitLengthAgain) {
  torch::manual_seed(2);
  Inputs in = random_inputs();
  in.queue = (1.01 * in.queue).to(torch::kFloat16);
  Inputs unit = in;
  unit.queue = unit_rows(in.queue.to(torch::kFloat64));
  const NearestTextForm form;
  const Tensor scale = torch::tensor(8.0, torch::kFloat64);
  EXPECT_NEAR(loss_of(in, scale, form).item<double>(), loss_of(unit, scale, form).item<double>(),
              1e-12);
  EXPECT_NEAR(loss_of(in, scale, form).item<double>(), by_hand(unit, 8, form), 1e-10);
}

TEST(NearestText, GradientsReachPicturesAndScaleAlone) {
  torch::manual_seed(3);
  Inputs in = random_inputs();
  for (const NearestTextForm& form : all_forms()) {
    expect_gradients_match(
        [&](const std::vector<Tensor>& x) {
          Inputs moved = in;
          moved.image0 = x[0];
          moved.image1 = x[1];
          return loss_of(moved, x[2], form);
        },
        {in.image0, in.image1, torch::tensor(5.0, torch::kFloat64)});
  }
  for (Tensor* rows : {&in.text0, &in.text1, &in.image0}) rows->requires_grad_();
  loss_of(in, torch::tensor(5.0, torch::kFloat64), {}).backward();
  EXPECT_FALSE(in.text0.grad().defined() || in.text1.grad().defined());
  EXPECT_TRUE(in.image0.grad().defined());
}

TEST(NearestText, AnEmptyQueueIsOff) {
  torch::manual_seed(4);
  Inputs in = random_inputs(4, 0);
  Tensor scale = torch::tensor(5.0, torch::kFloat64).requires_grad_();
  in.image0.requires_grad_();
  in.image1.requires_grad_();
  const Tensor loss = loss_of(in, scale, {});
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  for (const Tensor& input : {in.image0, in.image1, scale}) {
    ASSERT_TRUE(input.grad().defined());
    EXPECT_EQ(input.grad().abs().max().item<double>(), 0);
  }
}

std::shared_ptr<Term> make(const std::map<std::string, std::string>& options, int64_t width = 6) {
  const TermKind kind = nearest_text_kind();
  return kind.make({.options = TermOptions(kind.name, kind.options, options),
                    .widths = {.embedding = width},
                    .seed = 5,
                    .views = 2,
                    .masked = {false, false}});
}

Features random_features(int64_t pairs, int64_t width = 6) {
  Features f;
  for (int i = 0; i < 2; ++i) {
    const Tensor image = torch::randn({pairs, width}), text = torch::randn({pairs, width});
    f.views.push_back({.embedding = image, .unit = unit_rows(image)});
    f.texts.push_back({.embedding = text, .unit = unit_rows(text)});
  }
  f.logit_scale = torch::tensor(6.0F);
  return f;
}

std::map<std::string, double> readings(Term& term) {
  const std::vector<Reading> list = term.readings();
  return {list.begin(), list.end()};
}

TEST(NearestText, AStepStoresTextOneThenTextZero) {
  // 3 pairs into 8 places: 6 a step, so that steps end at every even place and wrap unevenly.
  torch::manual_seed(6);
  const auto term = make({{"size", "8"}});
  const Tensor queue = term->table().at("queue").leaf;
  std::deque<Tensor> latest;  // oldest first
  for (int64_t i = 0; i < 8; ++i) latest.push_back(queue[i].clone());
  int64_t position = 0;
  for (int step = 0; step < 9; ++step) {
    const Features f = random_features(3);
    term->loss(f);
    term->after_step(f);
    for (const int slot : {1, 0}) {
      for (int64_t n = 0; n < 3; ++n) {
        latest.pop_front();
        latest.push_back(f.texts[static_cast<size_t>(slot)].unit[n]);
        position = (position + 1) % 8;
      }
    }
    EXPECT_EQ(term->table().at("queue.position").leaf.item<int64_t>(), position);
    EXPECT_EQ(term->table().at("queue.filled").leaf.item<int64_t>(), std::min(8, 6 * (step + 1)));
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_TRUE(queue[(position + i) % 8].equal(latest[static_cast<size_t>(i)])) << step;
  }
}

TEST(NearestText, ABatchLargerThanTheQueueLeavesItsLastTexts) {
  torch::manual_seed(7);
  const auto term = make({{"size", "5"}});
  const Features f = random_features(4);  // 8 texts
  term->after_step(f);
  const Tensor stored = torch::cat({f.texts[1].unit, f.texts[0].unit});
  EXPECT_EQ(term->table().at("queue.position").leaf.item<int64_t>(), 3);
  for (int64_t i = 3; i < 8; ++i)
    EXPECT_TRUE(term->table().at("queue").leaf[i % 5].equal(stored[i]));
}

TEST(NearestText, NoTextFindsItselfInItsOwnStepAndEachDoesInTheNext) {
  torch::manual_seed(8);
  const auto term = make({{"size", "64"}});
  const Features f = random_features(4);
  const double first = term->loss(f).item<double>();
  EXPECT_LT(readings(*term).at("nearest-text/similarity"), 0.999);
  EXPECT_EQ(readings(*term).at("nearest-text/filled"), 0);
  EXPECT_EQ(readings(*term).at("nearest-text/age"), 0);  // random rows were stored by no step
  term->after_step(f);
  EXPECT_NE(term->loss(f).item<double>(), first);
  EXPECT_NEAR(readings(*term).at("nearest-text/similarity"), 1, 1e-6);
  EXPECT_EQ(readings(*term).at("nearest-text/filled"), 8.0 / 64);
  EXPECT_EQ(readings(*term).at("nearest-text/age"), 1);
}

TEST(NearestText, AgeCountsStepsAroundTheEnd) {
  torch::manual_seed(9);
  const auto term = make({{"size", "20"}});
  std::vector<Features> steps;
  for (int step = 0; step < 7; ++step) {  // 6 texts a step: three whole steps and two rows stay
    steps.push_back(random_features(3));
    term->after_step(steps.back());
  }
  for (const int ago : {1, 2, 3}) {
    term->loss(steps[static_cast<size_t>(7 - ago)]);
    EXPECT_EQ(readings(*term).at("nearest-text/age"), ago);
    EXPECT_EQ(readings(*term).at("nearest-text/filled"), 1);
  }
}

TEST(NearestText, EvaluationChangesNothing) {
  torch::manual_seed(10);
  const auto term = make({{"size", "16"}});
  const Features f = random_features(4), other = random_features(4);
  term->loss(f);
  term->after_step(f);
  const std::vector<Reading> before = term->readings();
  std::vector<Tensor> state;
  for (const NamedTensor& tensor : term->table().file_tensors())
    state.push_back(tensor.second.clone());
  term->eval();
  const double loss = term->loss(other).item<double>();
  term->after_step(other);
  EXPECT_EQ(term->loss(other).item<double>(), loss);
  EXPECT_EQ(term->readings(), before);
  for (size_t i = 0; i < state.size(); ++i)
    EXPECT_TRUE(term->table().file_tensors()[i].second.equal(state[i]));
}

TEST(NearestText, TheQueueComesBackFromAFileInEveryType) {
  torch::manual_seed(11);
  const TemporaryFolder folder;
  for (const auto& [type, stored] : {std::pair{"fp32", torch::kFloat32},
                                     {"fp16", torch::kFloat16},
                                     {"bf16", torch::kBFloat16}}) {
    const auto term = make({{"size", "7"}, {"type", type}}),
               other = make({{"size", "7"}, {"type", type}});
    EXPECT_EQ(term->table().at("queue").leaf.scalar_type(), stored);
    const Features f = random_features(5), next = random_features(5);
    term->after_step(f);
    const auto path = folder.path() / (std::string(type) + ".safetensors");
    tensor::write_safetensors(path, term->table().file_tensors());
    other->table().load(tensor::read_safetensors(path).tensors, "file", "nearest-text");
    EXPECT_EQ(term->loss(next).item<double>(), other->loss(next).item<double>());
    term->after_step(next);
    other->after_step(next);
    for (size_t i = 0; i < term->table().size(); ++i) {
      const NamedTensor mine = term->table().file_tensors()[i],
                        its = other->table().file_tensors()[i];
      EXPECT_EQ(mine.second.scalar_type(), its.second.scalar_type());
      EXPECT_TRUE(mine.second.equal(its.second)) << mine.first;
    }
    EXPECT_EQ(other->table().at("queue.position").leaf.item<int64_t>(), 20 % 7);
  }
}

TEST(NearestText, TheTermTakesItsOptions) {
  torch::manual_seed(12);
  const Features f = random_features(4);
  const auto expected = [&](const Term& term, const NearestTextForm& form) {
    return nearest_text_loss(f.views[0].unit, f.views[1].unit, f.texts[0].unit, f.texts[1].unit,
                             term.table().at("queue").leaf, f.logit_scale, form)
        .loss.item<double>();
  };
  const auto published = make({{"size", "30"}}),
             other =
                 make({{"size", "30"}, {"direction", "both"}, {"pairs", "two"}, {"top-k", "2"}});
  EXPECT_EQ(published->loss(f).item<double>(), expected(*published, {false, true, 1}));
  EXPECT_EQ(other->loss(f).item<double>(), expected(*other, {true, false, 2}));
  EXPECT_EQ(make({})->table().at("queue").leaf.size(0), 65536);
  EXPECT_EQ(make({{"size", "0"}})->loss(f).item<double>(), 0);
  EXPECT_THROW(make({{"size", "3"}, {"top-k", "4"}}), Error);
  EXPECT_THROW(make({{"top-k", "0"}}), Error);
  EXPECT_THROW(make({{"direction", "text"}}), Error);
}

}  // namespace
}  // namespace clipwright::losses::terms

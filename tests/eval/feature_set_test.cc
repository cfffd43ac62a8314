#include "eval/feature_set.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "eval/sets/evaluation_data.h"
#include "tests/eval/probe/npy_files.h"
#include "tests/eval/tiny_set.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval {
namespace {

class FeatureSetTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& rows, const std::string& labels) {
    try {
      read_feature_set(rows, labels);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "was read";
  }
  TemporaryFolder folder_;
  std::string rows_ = folder_ / "x.npy", labels_ = folder_ / "y.npy";
};

void expect_says(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(FeatureSetTest, ReadsEveryTypeThatIsPromised) {
  const Tensor rows =
      torch::tensor({1.5, -2.0, 0.25, 1024.0, -0.125, 3.0}, torch::kFloat64).view({3, 2});
  const Tensor labels = torch::tensor({2, 0, 1}, torch::kInt64);
  for (const auto type : {torch::kFloat32, torch::kHalf, torch::kFloat64}) {
    for (const auto label_type : {torch::kInt64, torch::kInt32, torch::kInt16, torch::kInt8,
                                  torch::kUInt8, torch::kFloat64, torch::kFloat32, torch::kHalf}) {
      save_npy(rows_, rows.to(type));
      save_npy(labels_, labels.to(label_type));
      const FeatureSet set = read_feature_set(rows_, labels_);
      EXPECT_TRUE(at::equal(set.rows, rows.to(torch::kFloat32)));
      EXPECT_EQ(set.labels, (std::vector<int64_t>{2, 0, 1}));
      EXPECT_EQ(set.size(), 3);
      EXPECT_EQ(set.width(), 2);
      EXPECT_EQ(set.classes(), 3);
      EXPECT_EQ(set.source, rows_);
    }
  }
}

TEST_F(FeatureSetTest, LabelsOfUnsignedTypesAreReadExactly) {
  save_npy(rows_, torch::ones({2, 2}));
  const auto with = [&]<typename Number>(const char* type, std::vector<Number> values) {
    const int64_t shape[] = {2};
    write_file(labels_,
               npy_header(type, shape) + std::string(reinterpret_cast<const char*>(values.data()),
                                                     values.size() * sizeof(Number)));
  };
  const std::vector<int64_t> expected = {5, 0};
  with("<u2", std::vector<uint16_t>{5, 0});
  EXPECT_EQ(read_feature_set(rows_, labels_).labels, expected);
  with("<u4", std::vector<uint32_t>{5, 0});
  EXPECT_EQ(read_feature_set(rows_, labels_).labels, expected);
  with("<u8", std::vector<uint64_t>{5, 0});
  EXPECT_EQ(read_feature_set(rows_, labels_).labels, expected);
  with("|b1", std::vector<uint8_t>{1, 0});
  EXPECT_EQ(read_feature_set(rows_, labels_).labels, (std::vector<int64_t>{1, 0}));
  with("<u8", std::vector<uint64_t>{5, UINT64_MAX});
  expect_says(refusal(rows_, labels_), "row 1 has label 18446744073709551615");
}

TEST_F(FeatureSetTest, ClassesAreNumberedInTheOrderOfTheirLabels) {
  FeatureSet a{torch::ones({3, 1}), {7000000, 2, 7000000}, "a"},
      b{torch::ones({2, 1}), {5, 2}, "b"};
  EXPECT_EQ(number_classes({&a, &b}), (std::vector<int64_t>{2, 5, 7000000}));
  EXPECT_EQ(a.labels, (std::vector<int64_t>{2, 0, 2}));
  EXPECT_EQ(b.labels, (std::vector<int64_t>{1, 0}));
}

TEST_F(FeatureSetTest, ReadsAMatrixThatWasSavedColumnByColumn) {
  const Tensor rows = torch::arange(6, torch::kFloat32).view({3, 2});
  const std::string header = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }";
  const auto length = static_cast<uint16_t>(header.size());
  const Tensor across = rows.t().contiguous();
  write_file(rows_, std::string("\x93NUMPY\x01\x00", 8) +
                        std::string(reinterpret_cast<const char*>(&length), 2) + header +
                        std::string(static_cast<const char*>(across.const_data_ptr()), 24));
  save_npy(labels_, torch::tensor({0, 1, 0}, torch::kInt64));
  EXPECT_TRUE(at::equal(read_feature_set(rows_, labels_).rows, rows));
}

TEST_F(FeatureSetTest, RefusesWhatIsNoSetOfFeaturesWithLabels) {
  const Tensor rows = torch::ones({3, 2}), labels = torch::tensor({0, 1, 0}, torch::kInt64);
  save_npy(labels_, labels);
  const auto with_rows = [&](const Tensor& bad) {
    save_npy(rows_, bad);
    return refusal(rows_, labels_);
  };
  expect_says(with_rows(torch::ones({6})), "(6)");
  expect_says(with_rows(torch::ones({0, 2})), "(0, 2)");
  expect_says(with_rows(torch::ones({3, 0})), "(3, 0)");
  expect_says(with_rows(torch::ones({3, 2}, torch::kInt64)), "'<i8'");
  expect_says(with_rows(torch::ones({2, 2})), "2 rows");
  Tensor bad = rows.clone();
  bad[1][1] = std::nan("");
  expect_says(with_rows(bad), "row 1, column 1 is NaN");
  bad[1][1] = -INFINITY;
  expect_says(with_rows(bad), "row 1, column 1 is infinite");
  // Finite as a double and not as a float.
  Tensor large = rows.to(torch::kFloat64);
  large[2][0] = 1e300;
  expect_says(with_rows(large), "row 2, column 0 is 1e+300, which float32 does not hold");
  large[2][0] = INFINITY;
  expect_says(with_rows(large), "row 2, column 0 is infinite");
  save_npy(rows_, rows);
  const auto with_labels = [&](const Tensor& values) {
    save_npy(labels_, values);
    return refusal(rows_, labels_);
  };
  expect_says(with_labels(torch::tensor({0.0, 1.0, 2.5})), "row 2 has label 2.5");
  expect_says(with_labels(torch::tensor({0.0, std::nan(""), 1.0}, torch::kFloat64)),
              "row 1 has label nan");
  expect_says(with_labels(torch::tensor({0.0, -1.0, 1.0}, torch::kFloat64)), "row 1 has label -1");
  expect_says(with_labels(torch::tensor({0.0, 1e30, 1.0}, torch::kFloat64)),
              "row 1 has label 1e+30");
  expect_says(with_labels(torch::tensor({0.0, 9e15, 1.0}, torch::kFloat64)),
              "row 1 has label 9e+15");
  expect_says(with_labels(torch::ones({3, 4}, torch::kInt64)), "argmax");
  expect_says(with_labels(torch::ones({3, 1}, torch::kInt64)), "reshape");
  expect_says(with_labels(torch::tensor({0, -1, 0}, torch::kInt64)), "row 1 has label -1");
  expect_says(
      with_labels(torch::tensor(std::vector<int64_t>{0, 1, int64_t{1} << 40}, torch::kInt64)),
      "row 2");
  save_npy(labels_, torch::tensor({0, 1, 0}, torch::kInt64));
  expect_says(refusal(folder_ / "none.npy", labels_), "none.npy");
}

TEST_F(FeatureSetTest, PartsAndUnions) {
  const FeatureSet a{torch::arange(6, torch::kFloat32).view({3, 2}), {0, 1, 2}, "a"};
  const FeatureSet b{torch::ones({1, 2}), {1}, "b"};
  const FeatureSet both = join(a, b);
  EXPECT_EQ(both.labels, (std::vector<int64_t>{0, 1, 2, 1}));
  EXPECT_EQ(both.rows[3][1].item<float>(), 1);
  const FeatureSet part = pick(both, {2, 0});
  EXPECT_EQ(part.labels, (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(part.rows[0][0].item<float>(), 4);
  const FeatureSet wide{torch::ones({1, 3}), {1}, "wide"};
  EXPECT_THROW(join(a, wide), Error);
  EXPECT_THROW(check_same_space(a, wide), Error);
  EXPECT_NO_THROW(check_same_space(a, b));
  const FeatureSet beyond{torch::ones({1, 2}), {3}, "beyond"};
  EXPECT_THROW(check_same_space(a, beyond), Error);
}

TEST_F(FeatureSetTest, APictureIsItsRowBeforeOrAfterTheProjection) {
  make_class_folders(folder_ / "set");
  write_file(folder_ / "set/2/broken.png", "no picture");
  data::source::DataOptions options;
  options.source = folder_ / "set";
  const sets::ClassificationData data = sets::open_classification(options, "", "");
  const auto model = tiny_clip();
  EvalOptions eval;
  eval.max_bad_share = 0.5;
  const FeatureSet embedded =
      encode_feature_set(*model, *data.pictures, FeatureKind::kEmbedding, eval);
  const FeatureSet pooled = encode_feature_set(*model, *data.pictures, FeatureKind::kPooled, eval);
  EXPECT_EQ(embedded.size(), 9) << "the broken picture is left out";
  EXPECT_EQ(embedded.width(), 8);
  EXPECT_EQ(pooled.width(), 16);
  EXPECT_EQ(pooled.labels, embedded.labels);
  ASSERT_EQ(pooled.keys.size(), 9U);
  for (size_t i = 0; i < 9; ++i) {
    const std::string folder = pooled.keys[i].substr(0, pooled.keys[i].find('/'));
    EXPECT_EQ(pooled.labels[i], folder == "10" ? 0 : folder == "2" ? 1 : 2) << pooled.keys[i];
  }
  Tensor projection;
  for (const auto& [name, tensor] : model->table().file_tensors()) {
    if (name == "visual.proj") projection = tensor.detach();
  }
  ASSERT_TRUE(projection.defined());
  EXPECT_TRUE(at::allclose(pooled.rows.mm(projection), embedded.rows, 1e-4, 1e-5));
  EXPECT_GT(embedded.rows.abs().sum(1).min().item<float>(), 0);
}

}  // namespace
}  // namespace clipwright::eval

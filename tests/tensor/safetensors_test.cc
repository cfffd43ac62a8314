#include "tensor/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"

namespace clipwright::tensor {
namespace {

namespace fs = std::filesystem;

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-safetensors-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    file_ = folder_ / "x.safetensors";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_raw(const std::string& header, size_t data_bytes, uint64_t length = 0) {
    std::string text(8, '\0');
    if (length == 0) length = header.size();
    std::memcpy(text.data(), &length, 8);
    write_file(file_, text + header + std::string(data_bytes, '\0'));
  }
  void expect_refused(const std::string& part) {
    try {
      read_safetensors(file_);
      FAIL() << "accepted a file that should be refused for: " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  fs::path folder_, file_;
};

TEST_F(SafetensorsTest, ReadsBackWhatItWrote) {
  const std::vector<NamedTensor> tensors = {{"b", torch::randn({3, 4})},
                                            {"a", torch::tensor(1.5)},
                                            {"flags", torch::tensor({1, 0, 1}, torch::kUInt8)},
                                            {"wide", torch::randn({2}, torch::kFloat64)},
                                            {"empty", torch::empty({0, 5})},
                                            {"t", torch::randn({3, 2}).t()}};
  write_safetensors(file_, tensors, {{"format", "pt"}});
  const Safetensors read = read_safetensors(file_);
  ASSERT_EQ(read.tensors.size(), tensors.size());
  EXPECT_EQ(read.metadata.at("format"), "pt");
  for (const auto& [name, tensor] : tensors) {
    ASSERT_NE(read.find(name), nullptr) << name;
    EXPECT_TRUE(torch::equal(*read.find(name), tensor)) << name;
  }
}

TEST_F(SafetensorsTest, RefusesEveryBrokenRule) {
  write_file(file_, "abc");
  expect_refused("shorter than the 8 bytes");
  write_raw("{}", 0, uint64_t{1} << 60);
  expect_refused("at most 100,000,000");
  write_raw("{}", 0, 50);
  expect_refused("only 2 follow");
  write_raw("{\"a\":", 0);
  expect_refused("not JSON");
  write_raw("[1]", 0);
  expect_refused("not a JSON object");
  const auto entry = [](const std::string& type, const std::string& shape,
                        const std::string& offsets) {
    return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  write_raw(
      "{\"a\":" + entry("F32", "[1]", "[0,4]") + ",\"a\":" + entry("F32", "[1]", "[4,8]") + "}", 8);
  expect_refused("'a' twice");
  write_raw("{\"a\":" + entry("Q3", "[1]", "[0,4]") + "}", 4);
  expect_refused("unknown type 'Q3'");
  write_raw("{\"a\":" + entry("F32", "[4294967296,4294967296]", "[0,4]") + "}", 4);
  expect_refused("overflows");
  // No element needs no bytes, but the sizes are impossible all the same.
  write_raw("{\"a\":" + entry("F32", "[0,2305843009213693952,4]", "[0,0]") + "}", 0);
  expect_refused("overflows");
  write_raw("{\"a\":" + entry("F32", "[-1]", "[0,4]") + "}", 4);
  expect_refused("whole numbers");
  write_raw("{\"a\":" + entry("F32", "[2]", "[0,4]") + "}", 4);
  expect_refused("its shape needs 8");
  write_raw("{\"a\":" + entry("F32", "[1]", "[0,4]") + "}", 2);
  expect_refused("of a buffer of 2");
  write_raw("{\"a\":" + entry("F32", "[1]", "[4,0]") + "}", 8);
  expect_refused("lies at bytes 4 to 0");
  write_raw(
      "{\"a\":" + entry("F32", "[1]", "[0,4]") + ",\"b\":" + entry("F32", "[1]", "[2,6]") + "}", 6);
  expect_refused("overlap");
  write_raw(
      "{\"a\":" + entry("F32", "[1]", "[0,4]") + ",\"b\":" + entry("F32", "[1]", "[8,12]") + "}",
      12);
  expect_refused("a hole at byte 4");
  write_raw("{\"a\":" + entry("F32", "[1]", "[0,4]") + "}", 9);
  expect_refused("5 bytes that belong to no tensor");
}

TEST_F(SafetensorsTest, RandomDamageIsAnErrorOrAnotherValueButNeverACrash) {
  write_safetensors(file_, {{"weight", torch::randn({8, 8})}, {"bias", torch::randn({8})}});
  const std::string good = read_file(file_);
  Random random(7, "damage", 0, uint64_t{0});
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    for (int i = 0; i < 3; ++i)
      bad[random.below(std::min<size_t>(bad.size(), 160))] = static_cast<char>(random.below(256));
    if (round % 3 == 0) bad.resize(random.below(bad.size()));
    write_file(file_, bad);
    try {
      for (const auto& [name, tensor] : read_safetensors(file_).tensors) (void)tensor.sum().item();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
    }
  }
}

}  // namespace
}  // namespace clipwright::tensor

#include "core/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

class NpyTest : public ::testing::Test {
 protected:
  /// A file with any header text: version 1 has two bytes of length, later ones four.
  fs::path write(const std::string& header, const std::string& data, int version = 1) {
    std::string text = "\x93NUMPY";
    text += static_cast<char>(version);
    text += '\0';
    const auto length = static_cast<uint32_t>(header.size());
    text.append(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4);
    write_file(path_, text + header + data);
    return path_;
  }
  fs::path write_values(const std::string& type, const std::string& shape, const std::string& data,
                        bool fortran = false, int version = 1) {
    return write("{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                     ", 'shape': " + shape + ", }\n",
                 data, version);
  }
  std::string refusal(const fs::path& path) {
    try {
      read_npy(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
      return error.what();
    }
    return "was read";
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_ / "a.npy";
};

template <typename T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(T)};
}

TEST_F(NpyTest, EveryVersionOfTheFormatIsRead) {
  for (const int version : {1, 2, 3}) {
    const NpyArray array =
        read_npy(write_values("<f4", "(2,)", raw<float>({1.5F, -2}), false, version));
    EXPECT_EQ(array.shape, std::vector<int64_t>{2}) << version;
    EXPECT_EQ(array.values<float>()[1], -2) << version;
  }
  EXPECT_NE(refusal(write_values("<f4", "(1,)", raw<float>({1}), false, 4)).find("version 4"),
            std::string::npos);
}

TEST_F(NpyTest, EveryKindOfNumberIsKnown) {
  for (const std::string type :
       {"|b1", "|i1", "|u1", "<i2", "<u2", "<f2", "<i4", "<u4", "<f4", "<i8", "<u8", "<f8"}) {
    const auto width = static_cast<size_t>(type[2] - '0');
    const MappedNpy file(write_values(type, "(3, 1)", std::string(3 * width, '\0')));
    EXPECT_EQ(file.type(), type);
    EXPECT_EQ(file.item_size(), width);
    EXPECT_EQ(file.count(), 3);
    EXPECT_EQ(file.data().size(), 3 * width);
  }
  EXPECT_EQ(read_npy(write_values("<f8", "()", raw<double>({7}))).values<double>()[0], 7);
  EXPECT_EQ(read_npy(write_values("<f8", "(0, 5)", "")).shape, (std::vector<int64_t>{0, 5}));
}

TEST_F(NpyTest, FortranOrderIsReadAsWhatItMeans) {
  // [[1, 2, 3], [4, 5, 6]] column by column.
  const NpyArray matrix =
      read_npy(write_values("<i4", "(2, 3)", raw<int32_t>({1, 4, 2, 5, 3, 6}), true));
  const auto values = matrix.values<int32_t>();
  EXPECT_EQ(std::vector<int32_t>(values.begin(), values.end()),
            (std::vector<int32_t>{1, 2, 3, 4, 5, 6}));
  const NpyArray cube = read_npy(
      write_values("|u1", "(2, 2, 2)", std::string("\x00\x04\x02\x06\x01\x05\x03\x07", 8), true));
  for (uint8_t i = 0; i < 8; ++i) EXPECT_EQ(cube.bytes[i], i);
}

TEST_F(NpyTest, AHeaderMayBeWrittenInOtherWays) {
  const std::string data = raw<float>({1, 2});
  for (const std::string header :
       {"{\"shape\": (2,), \"fortran_order\": False, \"descr\": \"<f4\"}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }",
        "  {'descr':'<f4','fortran_order':False,'shape':(2,1)}   \n"}) {
    EXPECT_EQ(read_npy(write(header, data)).values<float>()[1], 2) << header;
  }
}

TEST_F(NpyTest, WhatCannotBeReadIsSaid) {
  const std::string data(64, '\0');
  const auto says = [&](const std::string& type, const std::string& word) {
    const std::string text = refusal(write_values(type, "(1,)", data));
    EXPECT_NE(text.find(word), std::string::npos) << text;
  };
  says(">f4", "big-endian");
  says("|O", "Python objects");
  says("<c8", "'<c8'");
  says("<U4", "'<U4'");
  says("<f1", "'<f1'");
  says("<f3", "'<f3'");
  EXPECT_NE(refusal(write("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", data))
                .find("records"),
            std::string::npos);
  write_file(path_, "PK\x03\x04 and so on");
  EXPECT_NE(refusal(path_).find("savez"), std::string::npos);
  EXPECT_NE(refusal(write_values("<f4", "(3,)", data.substr(0, 8))).find("shorter"),
            std::string::npos);
  EXPECT_NE(refusal(write_values("<f4", "(3,)", data)).find("longer"), std::string::npos);
}

TEST_F(NpyTest, HostileHeadersAreRefused) {
  for (const std::string shape :
       {"(9223372036854775807,)", "(99999999999999999999,)", "(4294967296, 4294967296)",
        "(0, 9223372036854775807, 9223372036854775807)", "(-1,)", "(2", "2", "(a,)", "(,)",
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"}) {
    EXPECT_NE(refusal(write_values("<f4", shape, "")), "was read") << shape;
  }
  for (const std::string header :
       {"", "{", "{}", "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} and more",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'more': 1}",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (0,)}"}) {
    EXPECT_NE(refusal(write(header, "")), "was read") << header;
  }
  std::string huge = "\x93NUMPY\x02";
  huge += std::string("\0\xff\xff\xff\xff", 5) + "{'descr'";
  write_file(path_, huge);
  EXPECT_NE(refusal(path_), "was read");
}

TEST_F(NpyTest, DamagedFilesNeverCrash) {
  write_values("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 6}), true);
  const std::string good = read_file(path_);
  for (size_t size = 0; size < good.size(); ++size) {
    write_file(path_, good.substr(0, size));
    EXPECT_NE(refusal(path_), "was read") << size;
  }
  Random random(3, "npy", 0, uint64_t{0});
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    for (int k = 0; k < 3; ++k)
      bad[random.below(bad.size())] = static_cast<char>(random.below(256));
    write_file(path_, bad);
    try {
      read_npy(path_);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace clipwright

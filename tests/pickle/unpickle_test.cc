#include "pickle/unpickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/error.h"
#include "core/file.h"
#include "pickle/torch_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::pickle {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

const std::filesystem::path kFiles =
    std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/torch_files";

const Value& root_of(const std::string& bytes) {
  static std::vector<Pickle> kept;
  kept.push_back(read_pickle(bytes, "test"));
  return *kept.back().root;
}

std::string error_of(const std::string& bytes) {
  try {
    read_pickle(bytes, "a.pkl");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  ADD_FAILURE() << "was read";
  return {};
}

TEST(Pickle, PlainValuesOfEveryProtocol) {
  EXPECT_NE(root_of("N.").as<None>(), nullptr);
  EXPECT_TRUE(*root_of("\x80\x02\x88."s).as<bool>());
  EXPECT_TRUE(*root_of("I01\n.").as<bool>());
  EXPECT_EQ(*root_of("I-42\n.").as<int64_t>(), -42);
  EXPECT_EQ(*root_of("L123456789012L\n.").as<int64_t>(), 123456789012);
  EXPECT_EQ(*root_of("J\xff\xff\xff\xff."s).as<int64_t>(), -1);
  EXPECT_EQ(*root_of("K\xff."s).as<int64_t>(), 255);
  EXPECT_EQ(*root_of("M\x01\x02."s).as<int64_t>(), 513);
  EXPECT_EQ(*root_of("\x8a\x01\xfe."s).as<int64_t>(), -2);
  EXPECT_EQ(*root_of("\x8a\x02\xff\x00."s).as<int64_t>(), 255);
  EXPECT_EQ(*root_of("\x8a\0."s).as<int64_t>(), 0);
  EXPECT_EQ(*root_of("F-2.5\n.").as<double>(), -2.5);
  EXPECT_EQ(*root_of("G\x3f\xf8\0\0\0\0\0\0."s).as<double>(), 1.5);
  EXPECT_EQ(*root_of("S'abc'\n.").as<std::string>(), "abc");
  EXPECT_EQ(*root_of("X\x03\0\0\0a\nb."s).as<std::string>(), "a\nb");
  EXPECT_EQ(*root_of("\x8c\x02ok."s).as<std::string>(), "ok");
  EXPECT_EQ(root_of("C\x02\0\x01."s).as<Bytes>()->bytes, "\0\x01"s);
  EXPECT_EQ(root_of("\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."s).as<Opaque>()->name, "builtins.int");
}

TEST(Pickle, ContainersAreSharedAndMayHoldThemselves) {
  const Value& list = root_of("]q\0(K\1h\0e."s);  // a = [1]; a.append(a)
  ASSERT_EQ(list.as<List>()->items.size(), 2U);
  EXPECT_EQ(list.as<List>()->items[1], &list);
  const Value& dict = root_of("}(U\1aK\1U\1aK\2u."s);
  EXPECT_EQ(*find(*dict.as<Dict>(), "a")->as<int64_t>(), 2) << "the later one counts";
  EXPECT_EQ(find(*dict.as<Dict>(), "b"), nullptr);
  EXPECT_EQ(root_of("(K\1K\2t."s).as<Tuple>()->items.size(), 2U);
}

TEST(Pickle, NothingIsCalled) {
  // os.system("touch ...") and the like: an object of that name.
  const Value& called = root_of("cos\nsystem\n(S'touch /tmp/never'\ntR.");
  ASSERT_NE(called.as<Opaque>(), nullptr);
  EXPECT_EQ(called.as<Opaque>()->name, "os.system");
  for (const char* bytes : {"cbuiltins\neval\n(S'1'\ntR.", "(S'1'\nibuiltins\nexec\n.",
                            "(cos\nsystem\nS'1'\no.", "\x8c\x02os\x8c\x06system\x93)\x81."})
    EXPECT_NE(root_of(bytes).as<Opaque>(), nullptr) << bytes;
}

TEST(Pickle, DamagedOnesAreErrors) {
  for (const std::string& bytes :
       {""s,      "."s,          "N"s,       "K"s,     "X\xff\xff\xff\x7f."s,
        "(."s,    "t."s,         "u."s,      "a."s,    "NNa."s,
        "h\0."s,  "\x80\x09N."s, "Q."s,      "NQ."s,   "Pabc\n."s,
        "\xff."s, "I1"s,         "Iabc\n."s, "F\n."s,  "Sabc\n."s,
        "}NNs"s,  "}(Nu."s,      "R."s,      "\x95."s, "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
        "0."s,    "(0N1."s,      "\x82\1."s})
    EXPECT_THAT(error_of(bytes), HasSubstr("is no pickle that can be read"))
        << testing::PrintToString(bytes);
}

TEST(Pickle, MemoryIsBounded) {
  // Each operation is a byte, what it makes is more.
  EXPECT_THAT(error_of(std::string(50'000'000, 'N') + "."), HasSubstr("objects"));
  EXPECT_THAT(error_of("N" + std::string(50'000'000, '2') + "."), HasSubstr("objects"));
  EXPECT_THAT(error_of(std::string(50'000'000, '(') + "."), HasSubstr("objects"));
  // Names that every object would hold a copy of.
  const std::string name(4000, 'x'), longer(5000, 'x');
  std::string calls = "c" + name + "\na\nq\0"s;
  for (int i = 0; i < 100'000; ++i) calls += "h\0)R0"s;
  EXPECT_THAT(error_of(calls + "N."), HasSubstr("objects"));
  EXPECT_THAT(error_of("c" + longer + "\na\n."), HasSubstr("a name of 5002 bytes"));
  // Calls of what calls gave: names do not grow with them.
  std::string chain = "ca\nb\n";
  for (int i = 0; i < 200'000; ++i) chain += ")R";
  EXPECT_EQ(root_of(chain + ".").as<Opaque>()->name, "no class");
}

TEST(TorchFile, HoldsWhatTorchSaved) {
  TorchFile file(kFiles / "openai/epoch_3.pt");
  const auto* root = file.root()->as<Dict>();
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(*find(*root, "epoch")->as<int64_t>(), 3);
  EXPECT_EQ(*find(*root, "name")->as<std::string>(), "run");
  const auto* scale = find(*find(*root, "state_dict")->as<Dict>(), "module.logit_scale");
  ASSERT_NE(scale, nullptr);
  EXPECT_EQ(scale->as<StridedTensor>()->type, "float16");
  EXPECT_TRUE(scale->as<StridedTensor>()->shape.empty());
  EXPECT_EQ(file.bytes(*scale->as<StridedTensor>()->storage).size(), 2U);
  EXPECT_TRUE(TorchFile(kFiles / "openai/script.pt").is_script());
  EXPECT_FALSE(file.is_script());
}

TEST(TorchFile, ADamagedByteOfATensorIsFound) {
  const TemporaryFolder folder;
  std::string bytes = read_file(kFiles / "openai/state_dict.pt");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  TorchFile file(folder.write("a.pt", bytes));
  int damaged = 0;
  for (const auto& [name, value] : file.root()->as<Dict>()->entries) {
    try {
      file.bytes(*value->as<StridedTensor>()->storage);
    } catch (const Error& error) {
      ++damaged;
      EXPECT_THAT(error.what(), HasSubstr("is damaged"));
    }
  }
  EXPECT_EQ(damaged, 1);
}

// Bytes changed at random: an error or a value, never anything else.
TEST(TorchFile, BytesChangedAtRandomAreRefusedOrRead) {
  const TemporaryFolder folder;
  std::mt19937 random(1);
  for (const char* name : {"openai/state_dict.pt", "openai/stream.pth"}) {
    const std::string whole = read_file(kFiles / name);
    for (int round = 0; round < 200; ++round) {
      std::string bytes = whole;
      // Near the beginning and the end, where the pickles and the archive's directory are.
      for (int change = 0; change < 3; ++change) {
        const size_t at = random() % 4000;
        bytes[(random() % 2) != 0 ? at : bytes.size() - 1 - at] = static_cast<char>(random());
      }
      try {
        TorchFile file(folder.write("a.pt", bytes));
        const auto* dict = file.root()->as<Dict>();
        if (dict == nullptr) continue;
        for (const auto& [key, value] : dict->entries) {
          if (const auto* tensor = value->as<StridedTensor>()) file.bytes(*tensor->storage);
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace clipwright::pickle

#include "core/hash.h"

#include <gtest/gtest.h>

namespace clipwright {
namespace {

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  Sha256Stream stream;
  for (const char* piece : {"a", "", "b", "c"}) stream.add(piece);
  EXPECT_EQ(stream.finish(), sha256("abc"));
}

}  // namespace
}  // namespace clipwright

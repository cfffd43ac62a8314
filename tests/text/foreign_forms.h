// The beginnings of files that are no plain text, as programs write them.
#pragma once

#include <string>
#include <vector>

namespace clipwright {

struct ForeignForm {
  std::string name;  ///< as the message has it
  std::string bytes;
};

/// "caption\na dog\n" or an object a line in each form; of compressed ones the frame's first bytes
/// and something behind them.
inline std::vector<ForeignForm> foreign_forms() {
  using namespace std::string_literals;
  const std::string text = "{\"caption\": \"a dog\"}\n";
  std::string low, high, wide;
  for (const char c : text) {
    low += c + "\0"s;
    high += "\0"s + c;
    wide += c + "\0\0\0"s;
  }
  return {{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"s + text},
          {"zstd", "\x28\xb5\x2f\xfd\x24\x15"s + text},
          {"xz", "\xfd\x37zXZ\x00\x00\x04"s + text},
          {"bzip2", "BZh91AY&SY"s + text},
          {"lz4", "\x04\x22\x4d\x18\x64\x40\xa7"s + text},
          {"ZIP", "PK\x03\x04\x14\x00\x00\x00"s + text},
          {"UTF-16", "\xff\xfe"s + low},
          {"UTF-16", "\xfe\xff"s + high},
          {"UTF-16", low},
          {"UTF-16", high},
          {"UTF-32", "\xff\xfe\0\0"s + wide},
          {"Parquet", "PAR1\x15\x04"s + text + "PAR1"},
          {"SQLite", "SQLite format 3\0\x10\0"s + text},
          {"a tar", "list.csv"s + std::string(249, '\0') + "ustar\00000"s + text}};
}

}  // namespace clipwright

#include "text/text_file.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace clipwright::text {
namespace {

using namespace std::string_view_literals;

struct Form {
  size_t at;
  std::string_view bytes;
  const char *what, *advice;
};

constexpr const char *kConvert = "Convert it, e.g. with iconv -f UTF-16 -t UTF-8.",
                     *kConvert32 = "Convert it, e.g. with iconv -f UTF-32 -t UTF-8.";

// None of these is how a text begins: each has a byte that is not UTF-8, or a control character.
constexpr Form kForms[] = {
    {0, "\x1f\x8b"sv, "compressed with gzip", "Unpack it first, e.g. with gunzip."},
    {0, "\x28\xb5\x2f\xfd"sv, "compressed with zstd", "Unpack it first, e.g. with unzstd."},
    {0, "\xfd\x37zXZ\0"sv, "compressed with xz", "Unpack it first, e.g. with unxz."},
    {4, "1AY&SY"sv, "compressed with bzip2", "Unpack it first, e.g. with bunzip2."},
    {0, "\x04\x22\x4d\x18"sv, "compressed with lz4", "Unpack it first, e.g. with unlz4."},
    {0, "PK\x03\x04"sv, "a ZIP archive, as tables of Excel are",
     "Unpack it, or save the table as CSV in UTF-8."},
    {0, "\xff\xfe\0\0"sv, "UTF-32", kConvert32},
    {0, "\0\0\xfe\xff"sv, "UTF-32", kConvert32},
    {0, "\xff\xfe"sv, "UTF-16", kConvert},
    {0, "\xfe\xff"sv, "UTF-16", kConvert},
    {0, "SQLite format 3\0"sv, "an SQLite database", "Export its table as text."},
    {257, "ustar"sv, "a tar", "Name the file inside it."},
    {0, "PAR1"sv, "Parquet", "Give it a name that ends in .parquet."}};

/// Of those that are made of letters whether the rest says the same.
bool is_form(const Form& form, std::string_view contents) {
  if (!contents.substr(std::min(form.at, contents.size())).starts_with(form.bytes)) return false;
  if (form.bytes == "1AY&SY") return contents.starts_with("BZh");
  if (form.bytes == "ustar")
    return contents.substr(0, form.at).find('\0') != std::string_view::npos;
  if (form.bytes == "PAR1") return contents.size() > 8 && contents.ends_with(form.bytes);
  return true;
}

/// Letters of the first alphabet with a zero beside each: UTF-16 without its mark.
bool is_unmarked_utf16(std::string_view contents) {
  constexpr size_t kLooked = 4;
  if (contents.size() < kLooked) return false;
  for (const size_t zero : {0, 1}) {
    bool alternates = true;
    for (size_t i = 0; i < kLooked; ++i) alternates &= (contents[i] == '\0') == (i % 2 == zero);
    if (alternates) return true;
  }
  return false;
}

}  // namespace

size_t text_start(std::string_view contents, const std::filesystem::path& path) {
  for (const Form& form : kForms) {
    if (is_form(form, contents))
      fail_input(path.string() + ": is " + form.what, "plain text in UTF-8", form.advice);
  }
  if (is_unmarked_utf16(contents))
    fail_input(path.string() + ": is UTF-16", "plain text in UTF-8", kConvert);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return contents.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

std::string read_text(const std::filesystem::path& path) {
  std::string contents = read_file(path);
  contents.erase(0, text_start(contents, path));
  return contents;
}

}  // namespace clipwright::text

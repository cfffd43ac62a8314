#include "data/source/brace_expansion.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <optional>

#include "core/error.h"
#include "data/files/file_names.h"
#include "data/files/walk.h"

namespace clipwright::data::source {
namespace {

constexpr size_t kMostPaths = 1'000'000;

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool zero_padded(std::string_view number) {
  if (!number.empty() && number[0] == '-') number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0';
}

std::string padded(int64_t value, size_t width) {
  const std::string digits = std::to_string(value < 0 ? -value : value);
  const size_t sign = value < 0 ? 1 : 0;
  return std::string(sign, '-') +
         std::string(width > digits.size() + sign ? width - digits.size() - sign : 0, '0') + digits;
}

/// "00..12", "a..e", "0..10..2"; nothing when the inside of a brace is no range.
std::optional<std::vector<std::string>> range(std::string_view inside) {
  const size_t dots = inside.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const std::string_view first = inside.substr(0, dots);
  std::string_view last = inside.substr(dots + 2);
  int64_t step = 1;
  if (const size_t more = last.find(".."); more != std::string_view::npos) {
    const auto given = whole_number(last.substr(more + 2));
    if (!given || *given == 0 || *given == INT64_MIN) return std::nullopt;
    step = *given < 0 ? -*given : *given;
    last = last.substr(0, more);
  }
  int64_t from = 0, to = 0;
  const bool letters = first.size() == 1 && last.size() == 1 &&
                       std::isalpha(static_cast<unsigned char>(first[0])) &&
                       std::isalpha(static_cast<unsigned char>(last[0]));
  const auto from_number = whole_number(first), to_number = whole_number(last);
  if (letters) {
    from = first[0];
    to = last[0];
  } else if (from_number && to_number) {
    from = *from_number;
    to = *to_number;
  } else {
    return std::nullopt;
  }
  constexpr int64_t kFar = int64_t{1} << 60;
  if (std::max(from, to) > kFar || std::min(from, to) < -kFar ||
      static_cast<uint64_t>(std::abs(to - from) / step) >= kMostPaths) {
    fail_usage("{" + std::string(inside) + "}: names more than a million paths");
  }
  const size_t width =
      zero_padded(first) || zero_padded(last) ? std::max(first.size(), last.size()) : 0;
  std::vector<std::string> values;
  for (int64_t value = from; from <= to ? value <= to : value >= to;
       value += from <= to ? step : -step) {
    values.push_back(letters ? std::string(1, static_cast<char>(value)) : padded(value, width));
  }
  return values;
}

/// The brace that closes the one at `open`, and the commas between that belong to it.
size_t closing(std::string_view text, size_t open, std::vector<size_t>& commas) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == ',' && depth == 1) commas.push_back(i);
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string> expand(std::string_view text, std::string_view whole, int depth) {
  const auto unbalanced = [&]() {
    fail_usage("'" + std::string(whole) + "' has a brace without its partner",
               "something like data/{0000..0099}.tar");
  };
  const size_t open = text.find('{');
  if (text.substr(0, open).find('}') != std::string_view::npos || depth > 64) unbalanced();
  if (open == std::string_view::npos) return {std::string(text)};
  std::vector<size_t> commas;
  const size_t close = closing(text, open, commas);
  if (close == std::string_view::npos) unbalanced();
  const std::string_view inside = text.substr(open + 1, close - open - 1);

  std::vector<std::string> middles;
  if (!commas.empty()) {
    size_t start = open + 1;
    commas.push_back(close);
    for (const size_t comma : commas) {
      for (std::string& item : expand(text.substr(start, comma - start), whole, depth + 1))
        middles.push_back(std::move(item));
      start = comma + 1;
    }
  } else if (auto values = range(inside)) {
    middles = std::move(*values);
  } else {
    for (const std::string& item : expand(inside, whole, depth + 1))
      middles.push_back("{" + item + "}");
  }
  const std::vector<std::string> tails = expand(text.substr(close + 1), whole, depth + 1);
  if (middles.size() * tails.size() > kMostPaths)
    fail_usage("'" + std::string(whole) + "' names more than a million paths");
  std::vector<std::string> all;
  all.reserve(middles.size() * tails.size());
  for (const std::string& middle : middles) {
    for (const std::string& tail : tails)
      all.push_back(std::string(text.substr(0, open)) + middle + tail);
  }
  return all;
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view pattern) {
  std::vector<std::string> paths;
  size_t start = 0;
  while (start <= pattern.size()) {
    const size_t end = std::min(pattern.find("::", start), pattern.size());
    if (const std::string_view part = pattern.substr(start, end - start); !part.empty()) {
      for (std::string& path : expand(part, pattern, 0)) paths.push_back(std::move(path));
      if (paths.size() > kMostPaths)
        fail_usage("'" + std::string(pattern) + "' names more than a million paths");
    }
    start = end + 2;
  }
  return paths;
}

std::vector<std::string> expand_paths(const std::string& argument) {
  // A path that is there as written may hold braces and brackets itself.
  if (exists(argument)) return {argument};
  for (size_t at = 0; at <= argument.size();) {
    files::refuse_remote(std::string_view(argument).substr(at));
    at = std::min(argument.find("::", at), argument.size()) + 2;
  }
  std::vector<std::string> paths;
  for (std::string& path : expand_braces(argument)) {
    std::vector<std::string> found;
    if (files::is_pattern(path) && !exists(path)) found = files::matching_paths(path);
    if (found.empty()) found.push_back(std::move(path));
    std::move(found.begin(), found.end(), std::back_inserter(paths));
  }
  return paths;
}

void check_exists(const std::string& path) {
  if (exists(path)) return;
  if (files::is_pattern(path)) {
    fail_input(path + ": no file matches", "a pattern such as 'shards/*.tar' or 'data/**/*.csv'",
               "Check the folder and the ending: hidden files are passed over.");
  }
  fail_input(path + ": does not exist", "a file or folder of pictures and captions",
             "Check the path and the range in its braces.");
}

}  // namespace clipwright::data::source

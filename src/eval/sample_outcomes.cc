#include "eval/sample_outcomes.h"

#include <cmath>
#include <limits>
#include <unordered_set>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval {
namespace {

/// Keys are names of files and members, which may be any bytes; a byte of a key that is not UTF-8
/// stands as the character of its number, so that different keys stay different.
std::string written_key(const std::string& key) {
  if (text::unicode::is_utf8(key)) return key;
  std::string written;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) written += static_cast<char>(0xC0 | byte >> 6);
    written += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
  }
  return written;
}

/// A line of a file, with the errors that name it.
class SampleLine {
 public:
  SampleLine(const std::filesystem::path& path, int64_t number, std::string_view line)
      : place_(path.string() + ", line " + std::to_string(number)), object_(try_json(line)) {
    if (!object_.is_object()) refuse("is not a JSON object");
  }

  std::vector<std::string> metrics() const {
    std::vector<std::string> names;
    std::unordered_set<std::string> seen;
    for (const Json& name : field("metrics", Json::value_t::array)) {
      if (!name.is_string()) refuse("has a metric whose name is no text");
      names.push_back(name.get<std::string>());
      if (!seen.insert(names.back()).second) refuse("has the metric '" + names.back() + "' twice");
    }
    if (names.empty()) refuse("names no metric");
    return names;
  }

  void append_to(SampleOutcomes& samples) const {
    const Json& label = field("class", Json::value_t::number_integer);
    // A number beyond int64 would come back negative.
    const bool huge = label.is_number_unsigned() &&
                      label.get<uint64_t>() > uint64_t{std::numeric_limits<int>::max()};
    const auto number = label.get<int64_t>();
    if (huge || number < -1) refuse("has the class " + label.dump());
    std::vector<float> values;
    for (const Json& value : field("values", Json::value_t::array)) {
      if (!value.is_number() && !value.is_null()) refuse("has a value that is no number");
      values.push_back(value.is_null() ? std::numeric_limits<float>::quiet_NaN()
                                       : value.get<float>());
    }
    if (values.size() != samples.metrics.size()) {
      refuse("has " + std::to_string(values.size()) + " values for " +
             std::to_string(samples.metrics.size()) + " metrics");
    }
    const auto key = field("key", Json::value_t::string).get<std::string>();
    if (samples.times_seen.contains(key)) refuse("has the key '" + key + "' again");
    samples.add(key, static_cast<int>(number), values);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    fail_input(
        place_ + ": " + why,
        "a line {\"metrics\": [...]}, then a line {\"key\", \"class\", \"values\"} a sample",
        "Evaluate again with --output: the outcomes of samples are written beside the result.");
  }

 private:
  const Json& field(const char* name, Json::value_t type) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse("has no '" + std::string(name) + "'");
    const bool integer = type == Json::value_t::number_integer && found->is_number_integer();
    if (found->type() != type && !integer)
      refuse("has a '" + std::string(name) + "' that is a " + found->type_name());
    return *found;
  }

  std::string place_;
  Json object_;
};

}  // namespace

void SampleOutcomes::add(std::string key, int label, const std::vector<float>& row_values) {
  CW_CHECK(row_values.size() == metrics.size(), "a value for each metric");
  // Rows that were put in without this function count too.
  for (size_t i = times_seen.size(); i < keys.size(); ++i) times_seen.try_emplace(keys[i], 1);
  key = written_key(key);
  const auto [place, fresh] = times_seen.try_emplace(key, 1);
  if (!fresh) {
    int64_t& times = place->second;  // stays where it is when the table grows
    std::string numbered;
    do {  // "a#2" may be another sample's own key
      numbered = key + "#" + std::to_string(++times);
    } while (!times_seen.try_emplace(numbered, 1).second);
    key = std::move(numbered);
  }
  keys.push_back(std::move(key));
  classes.push_back(label);
  values.insert(values.end(), row_values.begin(), row_values.end());
}

std::string samples_text(const SampleOutcomes& samples) {
  const size_t columns = samples.metrics.size();
  CW_CHECK(samples.classes.size() == samples.keys.size() &&
               samples.values.size() == samples.keys.size() * columns,
           "a class and a row of values for each key");
  std::string text = to_line({{"metrics", samples.metrics}}) + '\n';
  for (size_t i = 0; i < samples.keys.size(); ++i) {
    Json values = Json::array();
    for (size_t m = 0; m < columns; ++m) {
      const float value = samples.values[i * columns + m];
      values.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
    }
    const Json row = {
        {"key", written_key(samples.keys[i])}, {"class", samples.classes[i]}, {"values", values}};
    text += to_line(row) + '\n';
  }
  return text;
}

void write_samples(const std::filesystem::path& path, const SampleOutcomes& samples) {
  write_file(path, samples_text(samples));
}

SampleOutcomes read_samples(const std::filesystem::path& path) {
  SampleOutcomes samples;
  records::LineReader reader(path);
  int64_t number = 0;
  for (std::string_view text; reader.next(text);) {
    const SampleLine line(path, ++number, text);
    if (number == 1) {
      samples.metrics = line.metrics();
      continue;
    }
    line.append_to(samples);
  }
  if (number == 0)
    fail_input(
        path.string() + ": is empty",
        "outcomes of samples, as 'clipwright eval' writes them beside the result of --output");
  return samples;
}

}  // namespace clipwright::eval

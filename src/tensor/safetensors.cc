#include "tensor/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace clipwright::tensor {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;

struct TypeName {
  const char* name;
  torch::ScalarType type;
};
constexpr TypeName kTypes[] = {{"F64", torch::kFloat64}, {"F32", torch::kFloat32},
                               {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16},
                               {"I64", torch::kInt64},   {"I32", torch::kInt32},
                               {"I16", torch::kInt16},   {"I8", torch::kInt8},
                               {"U8", torch::kUInt8},    {"BOOL", torch::kBool}};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(std::make_shared<MappedFile>(path)) {}

  Safetensors read() {
    const std::string_view text = file_->text();
    if (text.size() < 8) refuse("is shorter than the 8 bytes of its header length");
    uint64_t length = 0;
    std::memcpy(&length, text.data(), 8);
    if (length > kMaxHeader)
      refuse("has a header of " + std::to_string(length) +
             " bytes (at most 100,000,000 are allowed)");
    if (length > text.size() - 8)
      refuse("has a header of " + std::to_string(length) + " bytes but only " +
             std::to_string(text.size() - 8) + " follow");
    const Json header = parse_header(text.substr(8, length));
    data_ = text.substr(8 + length);
    Safetensors result;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        read_metadata(entry, result);
      } else {
        result.tensors.emplace_back(name, read_tensor(name, entry));
      }
    }
    check_no_holes();
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail_input(file_->path().string() + ": " + why, "a valid safetensors file",
               "The file is damaged or not a model; fetch or write it again.");
  }

  Json parse_header(std::string_view text) const {
    std::set<std::string> names;
    std::string twice;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (event == Json::parse_event_t::key && depth == 1 &&
          !names.insert(parsed.get<std::string>()).second)
        twice = parsed.get<std::string>();
      return true;
    };
    if (nested_too_deeply(text)) refuse("has a header that is nested too deeply");
    Json header;
    try {
      header = Json::parse(text, watch);
    } catch (const nlohmann::json::exception& error) {
      refuse(std::string("has a header that is not JSON (") + error.what() + ")");
    }
    if (!twice.empty()) refuse("names '" + twice + "' twice");
    if (!header.is_object()) refuse("has a header that is not a JSON object");
    return header;
  }

  void read_metadata(const Json& entry, Safetensors& result) const {
    if (!entry.is_object()) refuse("has metadata that is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) refuse("has metadata '" + key + "' that is not a string");
      result.metadata[key] = value.get<std::string>();
    }
  }

  Tensor read_tensor(const std::string& name, const Json& entry) {
    const auto bad = [&](const std::string& why) { refuse("tensor '" + name + "' " + why); };
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
        !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
        !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
      bad("has no dtype, shape and two data_offsets");
    }
    const auto type_name = entry["dtype"].get<std::string>();
    const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                    [&](const TypeName& known) { return type_name == known.name; });
    if (type == std::end(kTypes)) bad("has the unknown type '" + type_name + "'");
    std::vector<int64_t> shape;
    const uint64_t width = c10::elementSize(type->type);
    // A zero among the sizes must not hide that the others are impossible.
    uint64_t bytes = width, bytes_without_zeros = width;
    for (const Json& size : entry["shape"]) {
      if (!size.is_number_unsigned()) bad("has a shape that is not a list of whole numbers");
      const auto value = size.get<uint64_t>();
      constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
      if (__builtin_mul_overflow(bytes_without_zeros, std::max<uint64_t>(value, 1),
                                 &bytes_without_zeros) ||
          bytes_without_zeros > kMost)
        bad("has a shape whose product overflows");
      bytes *= value;
      shape.push_back(static_cast<int64_t>(value));
    }
    const Json& offsets = entry["data_offsets"];
    if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
      bad("has offsets that are not whole numbers");
    const auto begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
    if (begin > end || end > data_.size())
      bad("lies at bytes " + std::to_string(begin) + " to " + std::to_string(end) +
          " of a buffer of " + std::to_string(data_.size()));
    if (end - begin != bytes)
      bad("has " + std::to_string(end - begin) + " bytes where its shape needs " +
          std::to_string(bytes));
    spans_.emplace_back(begin, end);
    const char* start = data_.data() + begin;
    const auto options = torch::TensorOptions().dtype(type->type);
    if (reinterpret_cast<uintptr_t>(start) % width != 0) {
      Tensor copy = torch::empty(shape, options);
      if (bytes > 0) std::memcpy(copy.data_ptr(), start, bytes);
      return copy;
    }
    // The mapping stays alive with the tensor; it is private, so writing to the tensor would never
    // change the file, but nothing here does.
    return torch::from_blob(
        const_cast<char*>(start), shape, [keep = file_](void*) {}, options);
  }

  void check_no_holes() {
    std::sort(spans_.begin(), spans_.end());
    uint64_t at = 0;
    for (const auto& [begin, end] : spans_) {
      if (begin < at) refuse("has tensors that overlap at byte " + std::to_string(begin));
      if (begin > at) refuse("has a hole at byte " + std::to_string(at));
      at = end;
    }
    if (at != data_.size())
      refuse("has " + std::to_string(data_.size() - at) + " bytes that belong to no tensor");
  }

  std::shared_ptr<MappedFile> file_;
  std::string_view data_;
  std::vector<std::pair<uint64_t, uint64_t>> spans_;
};

}  // namespace

const char* type_name(torch::ScalarType type) {
  for (const TypeName& known : kTypes) {
    if (known.type == type) return known.name;
  }
  CW_CHECK(false, "a tensor type that safetensors has no name for");
}

const Tensor* Safetensors::find(const std::string& name) const {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return &tensor;
  }
  return nullptr;
}

Safetensors read_safetensors(const std::filesystem::path& path) { return Reader(path).read(); }

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<NamedTensor> sorted = tensors;
  std::sort(sorted.begin(), sorted.end(), [](const NamedTensor& a, const NamedTensor& b) {
    const auto width_a = a.second.element_size(), width_b = b.second.element_size();
    return width_a != width_b ? width_a > width_b : a.first < b.first;
  });
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t at = 0;
  for (auto& [name, tensor] : sorted) {
    tensor = tensor.detach().to(torch::kCPU).contiguous();
    const uint64_t end = at + tensor.nbytes();
    header[name] = {{"dtype", type_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::string_view(reinterpret_cast<const char*>(&length), 8));
  file.write(text);
  for (const auto& [name, tensor] : sorted) {
    file.write(std::string_view(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()));
  }
  file.commit();
}

}  // namespace clipwright::tensor

#include "models/gguf/gguf_file.h"

#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"

namespace clipwright::models::gguf {
namespace {

constexpr uint32_t kVersion = 3;
constexpr uint64_t kAlignment = 32;  // gguf's default
constexpr size_t kLongestName = 63;  // of a tensor in ggml, without the zero behind it
enum Type : uint32_t { kUint32 = 4, kFloat32 = 6, kBool = 7, kString = 8, kArray = 9 };
enum TensorType : uint32_t { kTensorF32 = 0, kTensorF16 = 1 };

template <typename Number>
void append(std::string& out, Number number) {
  static_assert(std::is_arithmetic_v<Number> || std::is_enum_v<Number>);
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_text(std::string& out, std::string_view text) {
  append(out, static_cast<uint64_t>(text.size()));
  out += text;
}

struct AppendValue {
  std::string& out;

  void operator()(bool value) const {
    append(out, kBool);
    append(out, static_cast<uint8_t>(value));
  }
  void operator()(uint32_t value) const {
    append(out, kUint32);
    append(out, value);
  }
  void operator()(float value) const {
    append(out, kFloat32);
    append(out, value);
  }
  void operator()(const std::string& value) const {
    append(out, kString);
    append_text(out, value);
  }
  void operator()(const std::vector<float>& values) const {
    start_array(kFloat32, values.size());
    for (const float value : values) append(out, value);
  }
  void operator()(const std::vector<std::string>& values) const {
    start_array(kString, values.size());
    for (const std::string& value : values) append_text(out, value);
  }
  void start_array(Type of, size_t size) const {
    append(out, kArray);
    append(out, of);
    append(out, static_cast<uint64_t>(size));
  }
};

uint64_t padded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void GgufFile::add(const std::string& name, const Tensor& tensor, bool half) {
  CW_CHECK(name.size() <= kLongestName && tensor.dim() >= 1 && tensor.dim() <= 4,
           "a tensor that GGUF cannot hold");
  const Tensor stored =
      tensor.detach().to(torch::kCPU, half ? torch::kFloat16 : torch::kFloat32).contiguous();
  if (half && !at::isfinite(stored).all().item<bool>()) {
    fail_usage("the tensor " + name + " holds numbers beyond 65,504, which float16 cannot",
               "weights of a usual size");
  }
  tensors_.emplace_back(name, stored);
}

void GgufFile::write(const fs::path& path) const {
  std::string header = "GGUF";
  append(header, kVersion);
  append(header, static_cast<uint64_t>(tensors_.size()));
  append(header, static_cast<uint64_t>(values_.size()));
  for (const KeyValue& entry : values_) {
    append_text(header, entry.key);
    std::visit(AppendValue{header}, entry.value);
  }
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors_) {
    append_text(header, name);
    append(header, static_cast<uint32_t>(tensor.dim()));
    for (int64_t i = tensor.dim() - 1; i >= 0; --i)
      append(header, static_cast<uint64_t>(tensor.size(i)));
    append(header, tensor.scalar_type() == torch::kFloat16 ? kTensorF16 : kTensorF32);
    append(header, offset);
    offset += padded(tensor.nbytes());
  }
  header.resize(padded(header.size()), '\0');
  AtomicFile file(path);
  file.write(header);
  Progress progress("writing " + path.string() + ", MiB", static_cast<int64_t>(offset >> 20));
  uint64_t written = 0;
  for (const auto& [name, tensor] : tensors_) {
    progress.update(static_cast<int64_t>(written >> 20));
    written += padded(tensor.nbytes());
    file.write(
        std::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()));
    file.write(std::string(padded(tensor.nbytes()) - tensor.nbytes(), '\0'));
  }
  file.commit();
}

}  // namespace clipwright::models::gguf

#include "models/onnx/graph.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <protozero/pbf_writer.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"

namespace clipwright::models::onnx {
namespace {

// Field numbers of onnx.proto.
enum Model : protozero::pbf_tag_type {
  kModelIrVersion = 1,
  kProducerName = 2,
  kGraph = 7,
  kOpsetImport = 8
};
enum Opset : protozero::pbf_tag_type { kDomain = 1, kVersion = 2 };
enum GraphField : protozero::pbf_tag_type {
  kNode = 1,
  kGraphName = 2,
  kInitializer = 5,
  kInput = 11,
  kOutput = 12
};
enum Node : protozero::pbf_tag_type {
  kNodeInput = 1,
  kNodeOutput = 2,
  kNodeName = 3,
  kOpType = 4,
  kAttribute = 5
};
enum AttributeField : protozero::pbf_tag_type {
  kAttributeName = 1,
  kFloat = 2,
  kInt = 3,
  kString = 4,
  kInts = 8,
  kType = 20
};
enum AttributeType : int32_t { kIsFloat = 1, kIsInt = 2, kIsString = 3, kAreInts = 7 };
enum TensorField : protozero::pbf_tag_type {
  kDims = 1,
  kDataType = 2,
  kTensorName = 8,
  kRawData = 9,
  kExternalData = 13,
  kDataLocation = 14
};
constexpr int32_t kExternal = 1;
enum Entry : protozero::pbf_tag_type { kKey = 1, kValue = 2 };
enum ValueInfo : protozero::pbf_tag_type { kValueName = 1, kValueType = 2 };
enum Type : protozero::pbf_tag_type { kTensorType = 1 };
enum TensorType : protozero::pbf_tag_type { kElementType = 1, kShape = 2 };
enum Shape : protozero::pbf_tag_type { kDim = 1 };
enum Dim : protozero::pbf_tag_type { kDimValue = 1, kDimParam = 2 };

/// So that readers can map the file.
constexpr uint64_t kAlignment = 4096;

int32_t type_of(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat32:
      return 1;
    case torch::kInt32:
      return 6;
    case torch::kInt64:
      return 7;
    default:
      CW_CHECK(false, "a type that is not written to ONNX");
  }
}

std::string value_info(const std::string& name, torch::ScalarType type,
                       const std::vector<Dimension>& dimensions) {
  std::string shape, tensor, kind, info;
  protozero::pbf_writer shape_writer(shape);
  for (const Dimension& dimension : dimensions) {
    std::string dim;
    protozero::pbf_writer writer(dim);
    if (const auto* size = std::get_if<int64_t>(&dimension)) {
      writer.add_int64(kDimValue, *size);
    } else {
      writer.add_string(kDimParam, std::get<std::string>(dimension));
    }
    shape_writer.add_message(kDim, dim);
  }
  protozero::pbf_writer tensor_writer(tensor);
  tensor_writer.add_int32(kElementType, type_of(type));
  tensor_writer.add_message(kShape, shape);
  protozero::pbf_writer(kind).add_message(kTensorType, tensor);
  protozero::pbf_writer info_writer(info);
  info_writer.add_string(kValueName, name);
  info_writer.add_message(kValueType, kind);
  return info;
}

std::string attribute_message(const Attribute& attribute) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(kAttributeName, attribute.first);
  if (const auto* whole = std::get_if<int64_t>(&attribute.second)) {
    writer.add_int64(kInt, *whole);
    writer.add_enum(kType, kIsInt);
  } else if (const auto* number = std::get_if<float>(&attribute.second)) {
    writer.add_float(kFloat, *number);
    writer.add_enum(kType, kIsFloat);
  } else if (const auto* text = std::get_if<std::string>(&attribute.second)) {
    writer.add_string(kString, *text);
    writer.add_enum(kType, kIsString);
  } else {
    for (const int64_t value : std::get<std::vector<int64_t>>(attribute.second))
      writer.add_int64(kInts, value);
    writer.add_enum(kType, kAreInts);
  }
  return message;
}

/// What stands before `length` bytes of a field that are written by themselves.
std::string field_start(protozero::pbf_tag_type field, uint64_t length) {
  std::string start;
  const auto wire = static_cast<uint64_t>(protozero::pbf_wire_type::length_delimited);
  protozero::write_varint(std::back_inserter(start), (static_cast<uint64_t>(field) << 3) | wire);
  protozero::write_varint(std::back_inserter(start), length);
  return start;
}

std::string_view bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

void add_entry(protozero::pbf_writer& tensor, const char* key, const std::string& value) {
  std::string entry;
  protozero::pbf_writer writer(entry);
  writer.add_string(kKey, key);
  writer.add_string(kValue, value);
  tensor.add_message(kExternalData, entry);
}

}  // namespace

Value Graph::input(const std::string& name, torch::ScalarType type, std::vector<Dimension> shape) {
  inputs_.push_back(value_info(name, type, shape));
  return name;
}

Value Graph::weight(const std::string& name, const Tensor& tensor) {
  weights_.push_back({name, tensor.contiguous()});
  return name;
}

Value Graph::once(const std::string& name, const Tensor& tensor) {
  const bool known = std::any_of(weights_.begin(), weights_.end(),
                                 [&](const Weight& weight) { return weight.name == name; });
  return known ? name : weight(name, tensor);
}

Value Graph::integers(const std::vector<int64_t>& values) {
  std::string name = "sizes";
  for (const int64_t value : values) name += "_" + std::to_string(value);
  return once(name, torch::tensor(values, torch::kInt64));
}

Value Graph::number(float value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(value));
  return once("number_" + std::string(digits), torch::tensor(value));
}

Value Graph::node(const char* op, std::vector<Value> inputs, std::vector<Attribute> attributes) {
  return nodes(op, std::move(inputs), 1, std::move(attributes)).front();
}

std::vector<Value> Graph::nodes(const char* op, std::vector<Value> inputs, size_t outputs,
                                std::vector<Attribute> attributes) {
  const std::string name = std::string(op) + "_" + std::to_string(made_++);
  std::vector<Value> values;
  std::string message;
  protozero::pbf_writer writer(message);
  for (const Value& input : inputs) writer.add_string(kNodeInput, input);
  for (size_t i = 0; i < outputs; ++i) {
    values.push_back(outputs == 1 ? name + ".out" : name + ".out" + std::to_string(i));
    writer.add_string(kNodeOutput, values.back());
  }
  writer.add_string(kNodeName, name);
  writer.add_string(kOpType, op);
  for (const Attribute& attribute : attributes)
    writer.add_message(kAttribute, attribute_message(attribute));
  nodes_.push_back(std::move(message));
  return values;
}

void Graph::output(const std::string& name, const Value& value, std::vector<Dimension> shape) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(kNodeInput, value);
  writer.add_string(kNodeOutput, name);
  writer.add_string(kNodeName, name);
  writer.add_string(kOpType, "Identity");
  nodes_.push_back(std::move(message));
  outputs_.push_back(value_info(name, torch::kFloat32, shape));
}

std::string Graph::initializer_start(const Weight& weight, const std::string& data_file,
                                     uint64_t offset) const {
  std::string message;
  protozero::pbf_writer writer(message);
  for (const int64_t size : weight.tensor.sizes()) writer.add_int64(kDims, size);
  writer.add_int32(kDataType, type_of(weight.tensor.scalar_type()));
  writer.add_string(kTensorName, weight.name);
  if (data_file.empty()) return message + field_start(kRawData, weight.tensor.nbytes());
  add_entry(writer, "location", data_file);
  add_entry(writer, "offset", std::to_string(offset));
  add_entry(writer, "length", std::to_string(weight.tensor.nbytes()));
  writer.add_enum(kDataLocation, kExternal);
  return message;
}

void Graph::write(const fs::path& path, uint64_t largest_message) const {
  uint64_t bytes = 0;
  for (const Weight& weight : weights_) bytes += weight.tensor.nbytes();
  const bool beside = bytes > largest_message;
  const fs::path data_path = path.string() + "_data";
  // The graph without its weights, and what stands before each of them.
  std::string start, end;
  protozero::pbf_writer start_writer(start), end_writer(end);
  for (const std::string& node : nodes_) start_writer.add_message(kNode, node);
  start_writer.add_string(kGraphName, name_);
  for (const std::string& info : inputs_) end_writer.add_message(kInput, info);
  for (const std::string& info : outputs_) end_writer.add_message(kOutput, info);
  std::vector<std::string> headers;
  uint64_t length = start.size() + end.size(), offset = 0;
  for (const Weight& weight : weights_) {
    // Sizes and factors stay where shapes are worked out without the data.
    const bool outside = beside && weight.tensor.nbytes() >= kAlignment;
    const std::string header =
        initializer_start(weight, outside ? data_path.filename().string() : "", offset);
    const uint64_t inside = outside ? 0 : weight.tensor.nbytes();
    headers.push_back(field_start(kInitializer, header.size() + inside) + header);
    length += headers.back().size() + inside;
    if (outside) offset += (weight.tensor.nbytes() + kAlignment - 1) / kAlignment * kAlignment;
  }
  std::string model, opset;
  protozero::pbf_writer model_writer(model), opset_writer(opset);
  model_writer.add_int64(kModelIrVersion, kIrVersion);
  model_writer.add_string(kProducerName, "clipwright");
  opset_writer.add_string(kDomain, "");
  opset_writer.add_int64(kVersion, kOpset);
  model_writer.add_message(kOpsetImport, opset);

  AtomicFile file(path);
  file.write(model);
  file.write(field_start(kGraph, length));
  file.write(start);
  std::optional<AtomicFile> data;
  if (beside) data.emplace(data_path);
  Progress progress("writing " + path.string() + ", MiB", static_cast<int64_t>(bytes >> 20));
  uint64_t written = 0;
  for (size_t i = 0; i < weights_.size(); ++i) {
    file.write(headers[i]);
    const Tensor& tensor = weights_[i].tensor;
    progress.update(static_cast<int64_t>(written >> 20));
    written += tensor.nbytes();
    if (!beside || tensor.nbytes() < kAlignment) {
      file.write(bytes_of(tensor));
      continue;
    }
    data->write(bytes_of(tensor));
    data->write(std::string((kAlignment - tensor.nbytes() % kAlignment) % kAlignment, '\0'));
  }
  file.write(end);
  if (data) data->commit();
  file.commit();
}

}  // namespace clipwright::models::onnx

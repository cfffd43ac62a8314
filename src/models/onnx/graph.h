// A computation as ONNX has it (onnx.proto of the ONNX project): nodes in the order in which they
// are computed, weights, one input, one output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::models::onnx {

/// Operators are those of version 19 of ONNX's own set (onnxruntime 1.15 and later), which is what
/// immich's models are exported with.
constexpr int64_t kOpset = 19, kIrVersion = 9;

/// A protobuf message cannot be larger than 2 GiB; weights beyond this go to a file beside it.
constexpr uint64_t kLargestMessage = 2'000'000'000;

/// The name of what a node makes or a file holds.
using Value = std::string;
using Attribute =
    std::pair<std::string, std::variant<int64_t, float, std::string, std::vector<int64_t>>>;
/// A size, or the name of one that is known only when the graph runs.
using Dimension = std::variant<int64_t, std::string>;

class Graph {
 public:
  explicit Graph(std::string name) : name_(std::move(name)) {}

  /// Float32 or int32.
  Value input(const std::string& name, torch::ScalarType type, std::vector<Dimension> shape);
  /// A tensor that the file holds: float32, int32 or int64.
  Value weight(const std::string& name, const Tensor& tensor);
  /// The same for sizes and factors; equal ones are held once.
  Value integers(const std::vector<int64_t>& values);
  Value number(float value);
  /// Adds a node and returns what it makes. Values are named after the node's operator.
  Value node(const char* op, std::vector<Value> inputs, std::vector<Attribute> attributes = {});
  /// The same for an operator with several outputs.
  std::vector<Value> nodes(const char* op, std::vector<Value> inputs, size_t outputs,
                           std::vector<Attribute> attributes = {});
  /// Names what is computed; float32.
  void output(const std::string& name, const Value& value, std::vector<Dimension> shape);

  /// Writes `path` atomically. Weights of more than `largest_message` bytes in all go to a file
  /// beside it, named NAME_data, which is complete before the graph has its name. The same graph
  /// gives the same bytes. Throws Error(kFailed) when the disk refuses.
  void write(const std::filesystem::path& path, uint64_t largest_message = kLargestMessage) const;

 private:
  struct Weight {
    std::string name;
    Tensor tensor;
  };
  Value once(const std::string& name, const Tensor& tensor);
  std::string initializer_start(const Weight& weight, const std::string& data_file,
                                uint64_t offset) const;

  std::string name_;
  std::vector<std::string> nodes_, inputs_, outputs_;  ///< protobuf messages
  std::vector<Weight> weights_;
  size_t made_ = 0;
};

}  // namespace clipwright::models::onnx

// An ONNX file as its fields say, read back with protozero.
#pragma once

#include <cstdint>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "core/file.h"

namespace clipwright::models::onnx {

struct ParsedValue {
  std::string name;
  int32_t type = 0;
  std::vector<std::string> shape;  ///< sizes and names
};

struct ParsedTensor {
  std::vector<int64_t> dims;
  int32_t type = 0;
  std::string raw;
  std::map<std::string, std::string> external;
};

struct ParsedNode {
  std::string op;
  std::vector<std::string> inputs, outputs;
};

struct ParsedModel {
  int64_t ir_version = 0, opset = 0;
  std::string producer, graph;
  std::vector<ParsedNode> nodes;
  std::map<std::string, ParsedTensor> weights;
  std::vector<ParsedValue> inputs, outputs;
};

inline ParsedValue parse_value(protozero::pbf_reader info) {
  ParsedValue value;
  while (info.next()) {
    if (info.tag() == 1) {
      value.name = info.get_string();
      continue;
    }
    protozero::pbf_reader type = info.get_message();
    type.next(1);
    protozero::pbf_reader tensor = type.get_message();
    while (tensor.next()) {
      if (tensor.tag() == 1) {
        value.type = tensor.get_int32();
        continue;
      }
      protozero::pbf_reader shape = tensor.get_message();
      while (shape.next(1)) {
        protozero::pbf_reader dim = shape.get_message();
        dim.next();
        value.shape.push_back(dim.tag() == 1 ? std::to_string(dim.get_int64()) : dim.get_string());
      }
    }
  }
  return value;
}

inline void parse_tensor(protozero::pbf_reader message, ParsedModel& model) {
  ParsedTensor tensor;
  std::string name;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        tensor.dims.push_back(message.get_int64());
        break;
      case 2:
        tensor.type = message.get_int32();
        break;
      case 8:
        name = message.get_string();
        break;
      case 9:
        tensor.raw = message.get_string();
        break;
      case 13: {
        protozero::pbf_reader entry = message.get_message();
        std::string key, value;
        while (entry.next()) (entry.tag() == 1 ? key : value) = entry.get_string();
        tensor.external[key] = value;
        break;
      }
      default:
        message.skip();
    }
  }
  model.weights[name] = tensor;
}

inline ParsedNode parse_node(protozero::pbf_reader message) {
  ParsedNode node;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        node.inputs.push_back(message.get_string());
        break;
      case 2:
        node.outputs.push_back(message.get_string());
        break;
      case 4:
        node.op = message.get_string();
        break;
      default:
        message.skip();
    }
  }
  return node;
}

inline ParsedModel parse_onnx(const fs::path& path) {
  const std::string bytes = read_file(path);
  ParsedModel model;
  protozero::pbf_reader file(bytes);
  while (file.next()) {
    switch (file.tag()) {
      case 1:
        model.ir_version = file.get_int64();
        break;
      case 2:
        model.producer = file.get_string();
        break;
      case 8: {
        protozero::pbf_reader opset = file.get_message();
        while (opset.next()) {
          if (opset.tag() == 2) {
            model.opset = opset.get_int64();
          } else {
            opset.skip();
          }
        }
        break;
      }
      case 7: {
        protozero::pbf_reader graph = file.get_message();
        while (graph.next()) {
          switch (graph.tag()) {
            case 1:
              model.nodes.push_back(parse_node(graph.get_message()));
              break;
            case 2:
              model.graph = graph.get_string();
              break;
            case 5:
              parse_tensor(graph.get_message(), model);
              break;
            case 11:
              model.inputs.push_back(parse_value(graph.get_message()));
              break;
            case 12:
              model.outputs.push_back(parse_value(graph.get_message()));
              break;
            default:
              graph.skip();
          }
        }
        break;
      }
      default:
        file.skip();
    }
  }
  return model;
}

}  // namespace clipwright::models::onnx

// The two towers of a CLIP model as graphs that others run: inputs `image` and `text`, output
// `embedding` (B, E) of unit length, as immich and darktable read them (docs/formats/onnx.md).
#pragma once

#include "models/config.h"
#include "models/files/plain_weights.h"
#include "models/onnx/graph.h"

namespace clipwright::models::onnx {

/// `image` float32 (batch, 3, S, S), normalised pixels.
Graph vision_transformer_graph(const ModelConfig& config, files::PlainWeights& weights);
/// The same for OpenAI's ModifiedResNet, with its running statistics.
Graph modified_resnet_graph(const ModelConfig& config, files::PlainWeights& weights);
/// `text` int32 (batch, context), ids as CLIP's tokenizer numbers them, whatever the order of the
/// model's table. The first of the largest ids is the end; what comes behind it is not seen.
Graph text_graph(const ModelConfig& config, files::PlainWeights& weights);

}  // namespace clipwright::models::onnx

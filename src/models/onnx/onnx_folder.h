// A model as two ONNX files with what immich and darktable want beside them (docs/formats/onnx.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "models/clip.h"
#include "models/onnx/graph.h"

namespace clipwright::models::onnx {

/// Writes into `folder`
///   config.json                    the configuration (immich)
///   visual/model.onnx              image float32 (batch, 3, S, S) to embedding (batch, E)
///   visual/preprocess_cfg.json     how pictures become its input (immich)
///   visual/config.json             the same as darktable has it: visual/ is a model of darktable's
///   textual/model.onnx             text int32 (batch, L) to embedding (batch, E)
///   textual/tokenizer*.json        where the vocabulary is CLIP's
/// and logs what those programs cannot do with it. Throws Error(kUsage) for a model with parts that
/// are not written, by their names; Error(kFailed) when the disk refuses.
void write_onnx_folder(const Clip& model, const std::filesystem::path& folder,
                       uint64_t largest_message = kLargestMessage);

}  // namespace clipwright::models::onnx

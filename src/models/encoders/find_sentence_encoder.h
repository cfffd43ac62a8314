// Which --model arguments are sentence encoders, and where they lie.
#pragma once

#include <filesystem>
#include <string>

namespace clipwright::models::encoders {

/// The name of the encoder that `./run fetch minilm` brings.
constexpr const char* kMiniLm = "all-MiniLM-L6-v2";

/// The folder of all-MiniLM-L6-v2 where it has been fetched, else empty.
std::filesystem::path fetched_sentence_encoder();

/// The folder of a sentence encoder that a --model argument means: itself, or that of
/// all-MiniLM-L6-v2 where it has been fetched; empty for an argument that means something else.
/// Throws Error(kInput) where all-MiniLM-L6-v2 is asked for and not there, saying how to fetch it.
std::filesystem::path find_sentence_encoder(const std::string& model);

}  // namespace clipwright::models::encoders

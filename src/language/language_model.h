// A GGUF language model opened through llama.cpp: weights, vocabulary and what the file says about
// itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process/guarded_mappings.h"

struct llama_model;
struct llama_vocab;

namespace clipwright::language {

enum class ControlTokens { kPlainText, kRead };

class LanguageModel {
 public:
  /// Throws Error(kInput) when the file is missing, is no GGUF, is damaged, or holds a model that
  /// cannot write text.
  explicit LanguageModel(const std::filesystem::path& path);
  ~LanguageModel();

  /// Ids of a text, all of them within the vocabulary. `start`: with the model's start token, where
  /// it has one. Control tokens spelt in the text stay plain text, so a caption cannot end or
  /// redirect a prompt; only for text that no user wrote are they read as what they spell. Throws
  /// Error(kInput) when the vocabulary lacks what spells the text.
  std::vector<int32_t> tokenize(std::string_view text, bool start,
                                ControlTokens control = ControlTokens::kPlainText) const;
  /// The bytes of one token; several tokens may share one character.
  std::string piece(int32_t token) const;
  bool ends_text(int32_t token) const;
  int vocabulary_size() const;
  int longest_context() const;
  /// A value of the file's metadata, "general.name" say; empty when absent.
  std::string metadata(const std::string& key) const;

  llama_model* handle() const { return model_.get(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Free {
    void operator()(llama_model* model) const;
  };
  /// Calls a function of the tokenizer; what it throws is an error of the file.
  template <typename Call>
  void spell(Call call) const;
  [[noreturn]] void cannot_spell(const std::string& why) const;
  std::filesystem::path path_;
  std::unique_ptr<llama_model, Free> model_;
  std::optional<GuardedMappings> guard_;  ///< goes before the model
  const llama_vocab* vocabulary_ = nullptr;
};

/// What llama.cpp complained of last, as " (...)"; empty when it did not.
std::string last_llama_complaint();

/// SHA-256 of a file in hexadecimal, remembered in the user's cache folder by path, size and time
/// of change, since models are gigabytes. Throws Error(kInput) when the file cannot be read.
std::string file_digest(const std::filesystem::path& path);

}  // namespace clipwright::language

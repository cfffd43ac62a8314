#include "language/language_model.h"

#include <llama.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/random.h"
#include "language/kernels.h"

namespace clipwright::language {
namespace {

/// llama.cpp reports through one callback for the whole process; the last complaint explains a
/// failed load.
struct Complaint {
  std::mutex mutex;
  std::string text;
};

Complaint& last_complaint() {
  static Complaint complaint;
  return complaint;
}

void keep_complaint(ggml_log_level level, const char* text, void*) {
  static const bool verbose = std::getenv("CLIPWRIGHT_LLAMA_LOG") != nullptr;
  if (verbose) std::fputs(text, stderr);
  if (level != GGML_LOG_LEVEL_ERROR) return;
  Complaint& complaint = last_complaint();
  const std::lock_guard lock(complaint.mutex);
  // The lines behind the cause only say that there was one.
  const bool is_echo =
      std::string_view(text).find("failed to load model") != std::string_view::npos;
  if (is_echo && !complaint.text.empty()) return;
  complaint.text = text;
  while (!complaint.text.empty() && std::isspace(static_cast<unsigned char>(complaint.text.back())))
    complaint.text.pop_back();
}

/// llama.cpp tells much of what is wrong with a file by assertions, which would end the process. As
/// an exception it is one more reason why a model cannot be loaded.
[[noreturn]] void refuse_assertion(const char* message) {
  // "/folders/of/whoever/built/it/llama-vocab.cpp:2488: GGML_ASSERT(...) failed"
  const std::string_view text(message);
  const size_t file_end = std::min(text.find(':'), text.size());
  const size_t slash = text.substr(0, file_end).rfind('/');
  fail_running("llama.cpp stopped at " +
               std::string(slash == text.npos ? text : text.substr(slash + 1)));
}

void start_llama() {
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set(keep_complaint, nullptr);
    ggml_set_abort_callback(refuse_assertion);
    open_llama_kernels();
    llama_backend_init();
  });
}

void check_magic(const fs::path& path) {
  char magic[4] = {};
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) {
    fail_input(path.string() + ": cannot be opened", "a GGUF language model", "Check the path.");
  }
  file.read(magic, 4);
  if (std::memcmp(magic, "GGUF", 4) != 0) {
    fail_input(path.string() + ": is no GGUF file (it does not begin with 'GGUF')",
               "a language model in llama.cpp's GGUF format",
               "Convert the model with llama.cpp's convert_hf_to_gguf.py, or leave --model out to "
               "use the one that comes along.");
  }
}

}  // namespace

std::string last_llama_complaint() {
  const std::lock_guard lock(last_complaint().mutex);
  return last_complaint().text.empty() ? "" : " (" + last_complaint().text + ")";
}

void LanguageModel::Free::operator()(llama_model* model) const { llama_model_free(model); }

LanguageModel::LanguageModel(const fs::path& path) : path_(path) {
  start_llama();
  check_magic(path);
  {
    const std::lock_guard lock(last_complaint().mutex);
    last_complaint().text.clear();
  }
  llama_model_params parameters = llama_model_default_params();
  parameters.n_gpu_layers = 0;
  parameters.check_tensors = true;
  model_.reset(llama_model_load_from_file(path.c_str(), parameters));
  if (model_ == nullptr) {
    fail_input(path.string() + ": the model cannot be loaded" + last_llama_complaint(),
               "a whole GGUF of a text model",
               "Fetch the file again; a broken download is the usual cause.");
  }
  guard_.emplace(path);
  if (!llama_model_has_decoder(model_.get()) || llama_model_has_encoder(model_.get())) {
    fail_input(path.string() + ": this model does not continue text",
               "a decoder-only language model");
  }
  if (llama_model_is_recurrent(model_.get()) || llama_model_is_hybrid(model_.get()) ||
      llama_model_is_diffusion(model_.get())) {
    fail_input(
        path.string() +
            ": recurrent, hybrid and diffusion models cannot share a prompt's beginning here",
        "a plain transformer, such as a Llama, Qwen, Gemma or SmolLM model");
  }
  vocabulary_ = llama_model_get_vocab(model_.get());
  if (llama_vocab_n_tokens(vocabulary_) <= 0)
    fail_input(path.string() + ": holds no vocabulary", "a language model with its tokenizer");
}

LanguageModel::~LanguageModel() = default;

template <typename Call>
void LanguageModel::spell(Call call) const {
  try {
    call();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // of llama.cpp, which looks tokens up without asking
    cannot_spell(error.what());
  }
}

void LanguageModel::cannot_spell(const std::string& why) const {
  fail_input(path_.string() + ": its vocabulary cannot spell a text (" + why + ")",
             "a model with its whole tokenizer", "Fetch the file again, or use another model.");
}

std::vector<int32_t> LanguageModel::tokenize(std::string_view text, bool start,
                                             ControlTokens control) const {
  const bool read = control == ControlTokens::kRead;
  std::vector<int32_t> ids(text.size() + 8);
  const auto size = static_cast<int32_t>(text.size());
  const auto fill = [&] {
    return llama_tokenize(vocabulary_, text.data(), size, ids.data(),
                          static_cast<int32_t>(ids.size()), start, read);
  };
  spell([&] {
    int32_t count = fill();
    if (count < 0) {
      ids.resize(static_cast<size_t>(-count));
      count = fill();
    }
    ids.resize(static_cast<size_t>(std::max(count, 0)));
  });
  const int32_t words = vocabulary_size();
  if (std::any_of(ids.begin(), ids.end(), [&](int32_t id) { return id < 0 || id >= words; }))
    cannot_spell("it has no token for a part of it");
  return ids;
}

std::string LanguageModel::piece(int32_t token) const {
  std::string bytes(256, '\0');
  spell([&] {
    int32_t count = llama_token_to_piece(vocabulary_, token, bytes.data(),
                                         static_cast<int32_t>(bytes.size()), 0, false);
    if (count < 0) {
      bytes.resize(static_cast<size_t>(-count));
      count = llama_token_to_piece(vocabulary_, token, bytes.data(), -count, 0, false);
    }
    bytes.resize(static_cast<size_t>(std::max(count, 0)));
  });
  return bytes;
}

bool LanguageModel::ends_text(int32_t token) const {
  return llama_vocab_is_eog(vocabulary_, token);
}
int LanguageModel::vocabulary_size() const { return llama_vocab_n_tokens(vocabulary_); }
int LanguageModel::longest_context() const { return llama_model_n_ctx_train(model_.get()); }

std::string LanguageModel::metadata(const std::string& key) const {
  char value[512];
  return llama_model_meta_val_str(model_.get(), key.c_str(), value, sizeof value) < 0
             ? std::string()
             : std::string(value);
}

std::string file_digest(const fs::path& path) {
  struct stat status {};
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  const fs::path folder = user_cache_folder();
  if (error || folder.empty() || ::stat(whole.c_str(), &status) != 0) return hex(sha256_file(path));
  const std::string what = whole.string() + " " + std::to_string(status.st_size) + " " +
                           std::to_string(status.st_mtim.tv_sec) + "." +
                           std::to_string(status.st_mtim.tv_nsec);
  const fs::path note = folder / "digests" / hex(sha256(what)).substr(0, 32);
  if (std::ifstream file(note); file) {
    std::string digest, remembered;
    if (std::getline(file, digest) && std::getline(file, remembered) && remembered == what &&
        digest.size() == 64)
      return digest;
  }
  std::string digest = hex(sha256_file(whole));
  try {  // a cache that cannot be written only costs time
    make_folder(note.parent_path());
    write_file(note, digest + "\n" + what + "\n");
  } catch (const Error&) {
  }
  return digest;
}

}  // namespace clipwright::language

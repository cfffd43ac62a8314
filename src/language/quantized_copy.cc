#include "language/quantized_copy.h"

#include <llama.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "language/language_model.h"

namespace clipwright::language {
namespace {

struct WeightType {
  std::string_view name;
  llama_ftype type;
};

constexpr std::array<WeightType, 5> kTypes = {{{"q4_0", LLAMA_FTYPE_MOSTLY_Q4_0},
                                               {"iq4_nl", LLAMA_FTYPE_MOSTLY_IQ4_NL},
                                               {"q8_0", LLAMA_FTYPE_MOSTLY_Q8_0},
                                               {"bf16", LLAMA_FTYPE_MOSTLY_BF16},
                                               {"f16", LLAMA_FTYPE_MOSTLY_F16}}};

llama_ftype find_type(std::string_view name) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const WeightType& type) { return type.name == name; });
  if (found != kTypes.end()) return found->type;
  std::string offered;
  for (const WeightType& type : kTypes)
    offered += (offered.empty() ? "" : ", ") + std::string(type.name);
  fail_usage("'" + std::string(name) + "' is no type of weights that can be made here", offered);
}

}  // namespace

std::vector<std::string> weight_types() {
  std::vector<std::string> names;
  names.reserve(kTypes.size());
  for (const WeightType& type : kTypes) names.emplace_back(type.name);
  return names;
}

void write_quantized(const fs::path& model, std::string_view type, int threads,
                     const fs::path& destination) {
  llama_model_quantize_params parameters = llama_model_quantize_default_params();
  parameters.nthread = threads;
  parameters.ftype = find_type(type);
  parameters.allow_requantize = true;
  // llama_model_quantize trusts its input more than loading does.
  { const LanguageModel whole(model); }
  AtomicFile file(destination);
  errno = 0;
  const bool done = llama_model_quantize(model.c_str(), file.temporary().c_str(), &parameters) == 0;
  const int error = errno;
  std::string why = last_llama_complaint();
  bool whole = false;
  if (done) {
    // Its last bytes are written where it does not look whether they arrive.
    try {
      const LanguageModel written(file.temporary());
      whole = true;
    } catch (const Error&) {
      why = " (it would not be whole)";
    }
  }
  if (!whole) {
    // llama.cpp says of a full disk that a stream failed; other numbers may be of anything before.
    const bool disk = error == ENOSPC || error == EDQUOT || error == EIO || error == EFBIG;
    fail_running(model.string() + ": no " + std::string(type) + " copy could be written to " +
                     destination.string() +
                     (disk ? std::string(" (") + std::strerror(error) + ")" : "") + why,
                 {}, "Free some space, or leave --quantize out.");
  }
  file.commit();
}

fs::path quantized_copy(const fs::path& model, std::string_view type, int threads) {
  find_type(type);
  const fs::path folder = user_cache_folder();
  if (folder.empty())
    fail_running("there is no place for a copy of " + model.string(),
                 "a cache folder: HOME or XDG_CACHE_HOME");
  const std::string name = file_digest(model).substr(0, 32) + "-" + std::string(type) + "-llama-" +
                           llama_version() + ".gguf";
  fs::path copy = folder / "models" / name;
  if (fs::exists(copy)) return copy;

  make_folder(copy.parent_path());
  const auto start = std::chrono::steady_clock::now();
  write_quantized(model, type, threads, copy);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  log_info("made a " + std::string(type) + " copy of " + model.filename().string() + " in " +
           std::to_string(std::lround(seconds)) + " s: " + copy.string());
  return copy;
}

}  // namespace clipwright::language

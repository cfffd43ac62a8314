#include "bench/doctor.h"

#include <filesystem>
#include <functional>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/kernel_choice.h"
#include "core/process/processor.h"
#include "lexicon/wordnet_files.h"
#include "report/chart.h"
#include "tensor/device.h"

namespace clipwright::bench {
namespace {

std::string instructions() {
  std::string list;
  for (const auto& [name, known] : {std::pair{"avx2", "AVX2"},
                                    {"avx512f", "AVX-512"},
                                    {"avx512vnni", "AVX-512 VNNI"},
                                    {"avx512bf16", "AVX-512 BF16"},
                                    {"amx-int8", "AMX"}}) {
    if (missing_instructions(name).empty()) list += (list.empty() ? "" : ", ") + std::string(known);
  }
  return list;
}

std::string attempt(const char* what, const std::function<std::string()>& look) {
  std::string result;
  try {
    result = "ok       " + std::string(what) + ": " + look();
  } catch (const Error& error) {
    result = "missing  " + std::string(what) + ": " + error.what();
  }
  return result + "\n";
}

}  // namespace

std::string examine_machine() {
  std::string found = "ok       processor: " + processor_name() + ", " +
                      std::to_string(processor_threads()) + " threads, " + instructions() + "\n";
  found += "ok       memory: " + with_commas(machine_memory() >> 20) + " MiB\n";
  found += attempt("CUDA (optional)", [] { return tensor::open_device("cuda").str(); });
  found +=
      attempt("vocabulary", [] { return shared_file("bpe_simple_vocab_16e6.txt.gz").string(); });
  found += attempt("default language model", [] { return shared_file("default.gguf").string(); });
  found += attempt("example packs", [] { return shared_file("data/examples").string(); });
  found += attempt("WordNet, for audit and EDA", [] {
    const std::filesystem::path folder = lexicon::default_wordnet_folder();
    if (const auto missing = lexicon::missing_wordnet_file(folder)) {
      fail_running(missing->string() + " is not there", {},
                   "Install Debian's package wordnet-base, or set CLIPWRIGHT_WORDNET.");
    }
    return folder.string();
  });
  found += attempt("Chart.js, for reports", [] {
    const std::filesystem::path script = report::find_chart_script();
    std::error_code absent;
    if (!std::filesystem::is_regular_file(script, absent)) {
      fail_running((script.empty() ? "the script" : script.string()) + " is not there", {},
                   "Install Debian's package libjs-chart.js, or set CLIPWRIGHT_CHART_JS.");
    }
    return script.string();
  });
  return found;
}

}  // namespace clipwright::bench

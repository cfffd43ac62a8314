// What a benchmark measured: every run, so that median and spread can be told, and what was checked
// first.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/json.h"

namespace clipwright::bench {

struct Measurement {
  std::string name;             ///< "train-step", "images", "tokenizer"
  std::string mode;             ///< variant, e.g. "ViT-B-32, 5 texts"
  std::string unit;             ///< "pairs/s", "images/s", ...; of rates larger is better
  std::vector<double> runs;     ///< one value a run
  Json check = Json::object();  ///< results that the other side must reproduce before times count
};

double median(std::vector<double> values);

/// Seconds that `work` takes.
double seconds_of(const std::function<void()>& work);

/// `md` a table, `csv` a line each with a header, `json` an object a line. Throws Error(kUsage) for
/// another format.
std::string format_measurements(const std::vector<Measurement>& measurements,
                                const std::string& format);

}  // namespace clipwright::bench

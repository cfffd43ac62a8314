#include "flags/outputs.h"

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/file.h"

namespace clipwright::flags {
namespace {

constexpr std::array<std::string_view, 7> kOutputs = {
    "output", "output-parquet", "output-tars", "records", "export-tsv", "html", "markdown"};

std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : option.get_lnames()[0];
}

bool is_output(const CLI::Option& option) {
  const std::string kind = option.get_type_name(), name = name_of(option);
  return (kind.starts_with("FILE") || kind.starts_with("DIR")) &&
         std::find(kOutputs.begin(), kOutputs.end(), name) != kOutputs.end();
}

/// Why nothing can be written there; empty when it can.
std::string why_no_file(const std::string& file) {
  try {
    const AtomicFile probe{fs::path(file)};  // gone again without a commit
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

std::string why_no_folder(const std::string& folder) {
  std::error_code error;
  fs::path there = fs::absolute(folder, error).lexically_normal();
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (!fs::is_directory(there, error)) return there.string() + " is no folder";
  if (::access(there.c_str(), W_OK | X_OK) == 0) return {};
  return "nothing can be written to " + there.string();
}

/// What may be paths in a value: "a.csv::b.csv", "NAME=a,b", "sqlite:FILE".
std::vector<std::string> paths_in(const std::string& value) {
  std::vector<std::string> paths = {value};
  const auto divide = [&](std::string_view at, bool keep_before) {
    for (size_t i = 0; i < paths.size(); ++i) {
      const size_t found = paths[i].find(at);
      if (found == std::string::npos) continue;
      const std::string whole = paths[i];
      if (keep_before) paths.push_back(whole.substr(0, found));
      paths.push_back(whole.substr(found + at.size()));
    }
  };
  divide("::", true);
  divide("=", false);
  divide(",", true);
  divide(":", false);
  return paths;
}

/// A shard of "{000..009}.tar" by its name; a number of another range is refused as well.
bool is_one_of(const std::string& with_braces, const std::string& path) {
  std::string pattern;
  for (size_t at = 0; at < with_braces.size(); ++at) {
    const char c = with_braces[at];
    const size_t end = c == '{' ? with_braces.find('}', at) : std::string::npos;
    if (end != std::string::npos) {
      pattern += '*';
      at = end;
      continue;
    }
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

bool reads(const std::string& value, const fs::path& file) {
  std::error_code error;
  for (const std::string& path : paths_in(value)) {
    if (fs::is_regular_file(path, error) && fs::equivalent(path, file, error)) return true;
    if (path.find('{') == std::string::npos) continue;
    const auto normal = [&](const fs::path& one) {
      return fs::absolute(one, error).lexically_normal().string();
    };
    if (is_one_of(normal(path), normal(file))) return true;
  }
  return false;
}

struct Given {
  const CLI::App* command;
  std::string flag;  // as in a message
  std::vector<std::string> values;
};

struct GivenFiles {
  std::vector<Given> inputs, outputs, folders;
};

void gather(const CLI::App& app, GivenFiles& files) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_expected_max() == 0) continue;
    Given given{&app, option->get_name(), option->results()};
    auto& list = !is_output(*option)                           ? files.inputs
                 : option->get_type_name().starts_with("FILE") ? files.outputs
                                                               : files.folders;
    list.push_back(std::move(given));
  }
  for (const CLI::App* sub : app.get_subcommands()) gather(*sub, files);
}

void refuse_overwritten_inputs(const GivenFiles& files, const Beside& beside) {
  std::vector<std::pair<std::string, fs::path>> seen;
  for (const Given& output : files.outputs) {
    for (const std::string& value : output.values) {
      std::error_code error;
      const fs::path place = fs::weakly_canonical(value, error);
      for (const auto& [flag, other] : seen) {
        if (other == place)
          fail_usage(flag + " and " + output.flag + " are both " + value, "different files");
      }
      seen.emplace_back(output.flag, place);
      std::vector<fs::path> written = {value};
      if (beside) {
        for (fs::path& more : beside(*output.command, value)) written.push_back(std::move(more));
      }
      for (const fs::path& file : written) {
        if (!fs::exists(file, error)) continue;
        for (const Given& input : files.inputs) {
          for (const std::string& read : input.values) {
            if (!reads(read, file)) continue;
            fail_usage(output.flag + " " + value + " would be written over " + file.string() +
                           ", which " + input.flag + " reads",
                       "a file that is not read", "Choose another name.");
          }
        }
      }
    }
  }
}

/// A command makes its folder before it writes a file there.
bool is_below(const fs::path& file, const std::vector<Given>& folders) {
  std::error_code error;
  const fs::path place = fs::weakly_canonical(file, error);
  for (const Given& folder : folders) {
    for (const std::string& value : folder.values) {
      fs::path made = fs::weakly_canonical(value, error);
      if (!made.has_filename()) made = made.parent_path();  // "new/"
      if (std::mismatch(made.begin(), made.end(), place.begin(), place.end()).first == made.end())
        return true;
    }
  }
  return false;
}

void refuse_unwritable(const GivenFiles& files) {
  for (const Given& folder : files.folders) {
    for (const std::string& value : folder.values) {
      if (const std::string why = why_no_folder(value); !value.empty() && !why.empty())
        fail_usage(folder.flag + " " + value + ": cannot be made (" + why + ")",
                   "a folder, new or there, that may be written to");
    }
  }
  std::error_code error;
  for (const Given& output : files.outputs) {
    for (const std::string& value : output.values) {
      if (value.empty()) continue;
      const fs::path folder = fs::path(value).parent_path();
      if (!folder.empty() && !fs::exists(folder, error) && is_below(value, files.folders)) continue;
      if (const std::string why = why_no_file(value); !why.empty())
        fail_usage(output.flag + " " + why);
    }
  }
}

}  // namespace

void check_outputs(const CLI::App& program, const std::string& config, const Beside& beside) {
  GivenFiles files;
  gather(program, files);
  if (!config.empty()) files.inputs.push_back({&program, "--config", {config}});
  refuse_unwritable(files);
  refuse_overwritten_inputs(files, beside);
}

}  // namespace clipwright::flags

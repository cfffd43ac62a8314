#include "data/tools/benchmark_folder.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/file.h"

namespace clipwright::data::tools {
namespace {

fs::path made(const fs::path& folder) {
  make_folder(folder);
  return folder;
}

std::string lines(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += text + '\n';
  return joined;
}

}  // namespace

BenchmarkFolder::BenchmarkFolder(const fs::path& folder, const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates)
    : folder_(folder), tar_(made(folder / "test") / "0.tar") {
  add_file("classnames.txt", lines(classnames));
  add_file("zeroshot_classification_templates.txt", lines(templates));
}

BenchmarkFolder::BenchmarkFolder(const fs::path& folder)
    : folder_(folder), tar_(made(folder / "test") / "0.tar") {
  add_file("dataset_type.txt", "retrieval\n");
}

std::string BenchmarkFolder::next_key() {
  char key[32];
  std::snprintf(key, sizeof key, "s%07lld", static_cast<long long>(count_++));
  return key;
}

std::string BenchmarkFolder::add(std::string_view picture, std::string_view extension, int label) {
  const std::string key = next_key();
  tar_.add(key + "." + std::string(extension), picture);
  tar_.add(key + ".cls", std::to_string(label));
  return key;
}

std::string BenchmarkFolder::add(std::string_view picture, std::string_view extension,
                                 const std::vector<std::string>& captions) {
  CW_CHECK(!captions.empty(), "a picture of a retrieval set has captions");
  const std::string key = next_key();
  std::string joined = lines(captions);
  joined.pop_back();
  tar_.add(key + "." + std::string(extension), picture);
  tar_.add(key + ".txt", joined);
  return key;
}

void BenchmarkFolder::add_file(const std::string& name, std::string contents) {
  texts_.push_back({folder_ / name, std::move(contents)});
}

int64_t BenchmarkFolder::finish() {
  add_file("test/nshards.txt", "1\n");
  std::vector<AtomicFile*> files = {&tar_.close()};
  std::vector<std::unique_ptr<AtomicFile>> written;
  for (const NamedText& text : texts_) {
    files.push_back(written.emplace_back(std::make_unique<AtomicFile>(text.path)).get());
    files.back()->write(text.contents);
  }
  commit_together(files);
  return count_;
}

}  // namespace clipwright::data::tools

#include "core/mapped_files.h"

#include <sys/mman.h>

namespace clipwright {
namespace {

// The kernel maps up to this much around a fault, so even a small read makes that much resident.
constexpr uint64_t kFaultAround = 64 << 10;
// Resident pages of mappings never exceed this by much, however large the files are.
constexpr uint64_t kResidentBudget = 256 << 20;

void release_pages(const MappedFile& file) {
  const auto bytes = file.bytes();
  if (bytes.empty()) return;
  // A private read-only file mapping holds nothing of its own, so dropped pages come back from the
  // file.
  ::madvise(const_cast<std::byte*>(bytes.data()), bytes.size(), MADV_DONTNEED);
}

}  // namespace

uint32_t MappedFiles::add(const std::filesystem::path& path) {
  files_.emplace_back(path);
  total_ += files_.back().bytes().size();
  return size() - 1;
}

std::string_view MappedFiles::from(uint32_t file, uint64_t offset, uint64_t expected) const {
  const std::string_view text = files_[file].text();
  if (offset > text.size()) return {};
  touched(expected + kFaultAround);
  files_[file].check(offset, expected);
  return text.substr(offset);
}

std::string_view MappedFiles::view(uint32_t file, uint64_t offset, uint64_t size) const {
  const std::string_view text = files_[file].text();
  if (offset > text.size() || size > text.size() - offset) return {};
  touched(size + kFaultAround);
  files_[file].check(offset, size);
  return text.substr(offset, size);
}

void MappedFiles::release() const {
  for (const MappedFile& file : files_) release_pages(file);
}

void MappedFiles::release(uint32_t file) const { release_pages(files_[file]); }

void MappedFiles::touched(uint64_t bytes) const {
  if (total_ <= kResidentBudget) return;
  const uint64_t before = touched_.fetch_add(bytes, std::memory_order_relaxed);
  if (before / kResidentBudget != (before + bytes) / kResidentBudget) release();
}

}  // namespace clipwright

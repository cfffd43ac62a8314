#include "train/folder/tensorboard.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <protozero/pbf_writer.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"

namespace clipwright::train::folder {
namespace {

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
enum Event : protozero::pbf_tag_type {
  kWallTime = 1,
  kStep = 2,
  kFileVersion = 3,
  kSummary = 5,
  kSessionLog = 7
};
enum Summary : protozero::pbf_tag_type { kValue = 1 };
enum Value : protozero::pbf_tag_type { kTag = 1, kSimpleValue = 2 };
enum SessionLog : protozero::pbf_tag_type { kStatus = 1 };
constexpr int32_t kSessionStart = 1;
constexpr const char* kElsewhere = " From here on the curves are in metrics.jsonl only.";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// TFRecord's mask, so that a checksum of bytes that contain checksums stays sound.
uint32_t masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

template <typename T>
void append_little_endian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i));
}

std::string start_event(int64_t step) {
  std::string body;
  protozero::pbf_writer event(body);
  event.add_double(kWallTime, now());
  event.add_int64(kStep, step);
  return body;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> entries{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t entry = i;
      for (int bit = 0; bit < 8; ++bit) entry = (entry >> 1) ^ ((entry & 1) != 0 ? 0x82f63b78U : 0);
      entries[i] = entry;
    }
    return entries;
  }();
  uint32_t crc = ~0U;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<uint8_t>(byte)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

TensorBoardWriter::TensorBoardWriter(const fs::path& folder, int64_t steps_done) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  // Readers go through files in the order of their names, so the time comes first and a second
  // session gets a later name.
  const std::string name = "events.out.tfevents." + std::to_string(static_cast<int64_t>(now())) +
                           "." + host + "." + std::to_string(::getpid()) + "." +
                           std::to_string(steps_done);
  try {
    make_folder(folder);
    file_.emplace(folder / name);
  } catch (const Error& error) {
    log_warning(std::string(error.what()) + kElsewhere);
    return;
  }
  std::string version = start_event(0);
  protozero::pbf_writer(version).add_string(kFileVersion, "brain.Event:2");
  write_event(version);
  if (steps_done > 0) {
    std::string session =
        start_event(steps_done + 1);  // readers drop older points from this step on
    std::string start;
    protozero::pbf_writer(start).add_enum(kStatus, kSessionStart);
    protozero::pbf_writer(session).add_message(kSessionLog, start);
    write_event(session);
  }
}

void TensorBoardWriter::add_scalars(int64_t step,
                                    const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, scalar] : scalars) {
    std::string value;
    protozero::pbf_writer writer(value);
    writer.add_string(kTag, tag);
    writer.add_float(kSimpleValue, static_cast<float>(scalar));
    protozero::pbf_writer(summary).add_message(kValue, value);
  }
  std::string body = start_event(step);
  protozero::pbf_writer(body).add_message(kSummary, summary);
  write_event(body);
}

void TensorBoardWriter::write_event(std::string_view body) {
  std::string record;
  append_little_endian(record, static_cast<uint64_t>(body.size()));
  append_little_endian(record, masked(crc32c(record)));
  record += body;
  append_little_endian(record, masked(crc32c(body)));
  if (!file_) return;
  try {
    file_->append(record);
  } catch (const Error& error) {
    log_warning(std::string(error.what()) + kElsewhere);
    file_.reset();
  }
}

}  // namespace clipwright::train::folder

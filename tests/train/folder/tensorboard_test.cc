#include "train/folder/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <protozero/pbf_reader.hpp>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

struct Event {
  int64_t step = 0;
  std::string version;
  int session = 0;
  std::map<std::string, float> scalars;
};

uint32_t unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8U;
  return (rotated << 15) | (rotated >> 17);
}

/// Reads a TFRecord file as TensorFlow's reader does: both checksums must hold.
std::vector<Event> read_events(const fs::path& path) {
  const std::string bytes = read_file(path);
  std::vector<Event> events;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length = 0;
    uint32_t length_sum = 0, body_sum = 0;
    std::memcpy(&length, bytes.data() + at, 8);
    std::memcpy(&length_sum, bytes.data() + at + 8, 4);
    EXPECT_EQ(unmask(length_sum), crc32c({bytes.data() + at, 8}));
    const std::string_view body(bytes.data() + at + 12, length);
    std::memcpy(&body_sum, bytes.data() + at + 12 + length, 4);
    EXPECT_EQ(unmask(body_sum), crc32c(body));
    at += 16 + length;
    Event event;
    for (protozero::pbf_reader reader(body.data(), body.size()); reader.next();) {
      if (reader.tag() == 2) {
        event.step = reader.get_int64();
      } else if (reader.tag() == 3) {
        event.version = reader.get_string();
      } else if (reader.tag() == 5) {
        protozero::pbf_reader summary = reader.get_message();
        while (summary.next(1)) {
          protozero::pbf_reader value = summary.get_message();
          std::string tag;
          while (value.next()) {
            if (value.tag() == 1) {
              tag = value.get_string();
            } else if (value.tag() == 2) {
              event.scalars[tag] = value.get_float();
            } else {
              value.skip();
            }
          }
        }
      } else if (reader.tag() == 7) {
        protozero::pbf_reader session = reader.get_message();
        if (session.next(1)) event.session = session.get_enum();
      } else {
        reader.skip();
      }
    }
    events.push_back(event);
  }
  return events;
}

fs::path only_file(const fs::path& folder) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder)) found = entry.path();
  return found;
}

TEST(TensorBoard, ChecksumsAreThoseOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);            // RFC 3720
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TensorBoard, ScalarsReadBack) {
  const TemporaryFolder folder;
  {
    TensorBoardWriter board(folder.path(), 0);
    board.add_scalars(1, {{"train/loss", 4.5}, {"train/lr", 1e-3}});
    board.add_scalars(2, {{"train/loss", 4.25}});
  }
  EXPECT_EQ(only_file(folder.path()).filename().string().rfind("events.out.tfevents.", 0), 0U);
  const auto events = read_events(only_file(folder.path()));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].step, 1);
  EXPECT_FLOAT_EQ(events[1].scalars.at("train/loss"), 4.5F);
  EXPECT_FLOAT_EQ(events[1].scalars.at("train/lr"), 1e-3F);
  EXPECT_FLOAT_EQ(events[2].scalars.at("train/loss"), 4.25F);
}

TEST(TensorBoard, AResumedRunAnnouncesWhereItStarts) {
  const TemporaryFolder folder;
  TensorBoardWriter(folder.path(), 40);
  const auto events = read_events(only_file(folder.path()));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].step, 41);
  EXPECT_EQ(events[1].session, 1);
}

}  // namespace
}  // namespace clipwright::train::folder

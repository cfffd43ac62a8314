#include "data/source/tar_shard.h"

#include <algorithm>
#include <charconv>

#include "core/loose_json.h"
#include "data/files/file_names.h"
#include "data/files/json_fields.h"
#include "data/files/tar.h"
#include "data/files/tar_samples.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr uint64_t kBlock = 512;

struct Place {
  uint64_t offset = 0, size = 0;
  bool found = false;
};

/// The members of the sample that is being gathered.
struct Gathered {
  std::string key;
  bool any = false;
  Place image, text, json, label, vector;
  size_t image_rank = 0;  // among files::picture_endings
  std::string sparse;     // the suffix of a member that lies in pieces

  void add(const std::string& suffix, const files::TarMember& member) {
    any = true;
    const Place place{member.offset, member.size, true};
    bool used = true;
    const std::vector<std::string_view>& pictures = files::picture_endings();
    const auto rank =
        static_cast<size_t>(std::find(pictures.begin(), pictures.end(), suffix) - pictures.begin());
    if (rank < pictures.size()) {
      if (!image.found || rank < image_rank) {
        image = place;
        image_rank = rank;
      }
    } else if (suffix == "txt") {
      text = place;
    } else if (suffix == "json") {
      json = place;
    } else if (suffix == "cls") {
      label = place;
    } else if (suffix == "npy") {
      vector = place;
    } else {
      used = false;
    }
    if (used && member.sparse) sparse = suffix;
  }
};

/// The beginning of a member's text, for a sentence.
std::string said_in(std::string_view member) {
  constexpr size_t kMost = 40;
  const std::string_view text = text::unicode::trimmed(member);
  return text::unicode::is_utf8(text) ? std::string(text::unicode::whole_characters(text, kMost))
                                      : "bytes that are no UTF-8";
}

class ShardBuilder {
 public:
  ShardBuilder(std::string_view archive, const std::string& name, bool labels)
      : archive_(archive), name_(name), labels_(labels) {}

  void member(const files::TarMember& member) {
    const files::TarSamples::Place place = samples_.add(member.name);
    if (place == files::TarSamples::Place::kNone) {
      if (files::is_hidden(member.name)) ++shard_.hidden;
      return;
    }
    if (place == files::TarSamples::Place::kAnother) finish_sample();
    now_.key = samples_.key();
    now_.add(samples_.suffix(), member);
  }

  void finish_sample() {
    if (now_.any) judge();
    now_ = {};
  }

  TarShard take() { return std::move(shard_); }

 private:
  std::string_view bytes(const Place& place) const {
    return archive_.substr(place.offset, place.size);
  }

  void judge() {
    const std::string place = name_ + ": sample " + now_.key;
    if (!labels_) now_.vector = {};
    if (!now_.sparse.empty()) {
      return shard_.skipped.skip("sparse", place + " has a sparse ." + now_.sparse +
                                               ", which lies in pieces and is not read (pack it "
                                               "again without tar's --sparse)");
    }
    if (!now_.image.found)
      return shard_.skipped.skip("no picture", place + " has no picture (looked for " +
                                                   files::listed_picture_endings() + ")");
    constexpr uint64_t kMost = UINT32_MAX;
    if (now_.image.size > kMost || now_.text.size > kMost || now_.json.size > kMost ||
        now_.vector.size > kMost || now_.json.offset / kBlock > kMost ||
        now_.image.offset / kBlock > kMost || now_.vector.offset / kBlock > kMost) {
      return shard_.skipped.skip("too large",
                                 place + " lies beyond 2 TiB or has a member beyond 4 GiB");
    }
    TarSample sample;
    if (now_.label.found) {
      const std::string_view digits = text::unicode::trimmed(bytes(now_.label));
      const char* last = digits.data() + digits.size();
      const auto [end, error] = std::from_chars(digits.data(), last, sample.label);
      if (error != std::errc() || end != last) sample.label = -1;
    }
    const std::string_view text = now_.text.found ? bytes(now_.text) : std::string_view();
    if (!text::unicode::is_utf8(text))
      return shard_.skipped.skip("not UTF-8", place + " has a caption that is not UTF-8");
    const bool said = !text::unicode::trimmed(text::unicode::without_mark(text)).empty();
    if (!said && sample.label < 0 && !now_.vector.found &&
        (!now_.json.found || json_captions(bytes(now_.json)).empty())) {
      if (now_.label.found)
        return shard_.skipped.skip("no label", place + " has a .cls that says '" +
                                                   said_in(bytes(now_.label)) +
                                                   "', which is no whole number from 0");
      return shard_.skipped.skip("no caption",
                                 place + " has no caption (looked for .txt, json:caption)");
    }
    const auto block = [](const Place& at) { return static_cast<uint32_t>(at.offset / kBlock); };
    sample.image_block = block(now_.image);
    sample.image_size = static_cast<uint32_t>(now_.image.size);
    if (said) {
      sample.text_block = block(now_.text);
      sample.text_size = static_cast<uint32_t>(now_.text.size);
    }
    if (now_.json.found) {
      sample.json_block = block(now_.json);
      sample.json_size = static_cast<uint32_t>(now_.json.size);
    }
    sample.key = shard_.keys.size();
    shard_.keys.append(now_.key).push_back('\0');
    shard_.samples.push_back(sample);
    if (now_.vector.found) {
      shard_.vectors.resize(shard_.samples.size());
      shard_.vectors.back() = {block(now_.vector), static_cast<uint32_t>(now_.vector.size)};
    }
    shard_.skipped.use();
  }

  std::string_view archive_;
  const std::string& name_;
  bool labels_;
  files::TarSamples samples_;
  Gathered now_;
  TarShard shard_;
};

}  // namespace

TarShard index_shard(std::string_view archive, const std::string& name, bool labels) {
  ShardBuilder builder(archive, name, labels);
  std::string damage =
      files::walk_tar(archive, [&](const files::TarMember& member) { builder.member(member); });
  builder.finish_sample();
  TarShard shard = builder.take();
  shard.damage = std::move(damage);
  shard.samples.shrink_to_fit();
  shard.keys.shrink_to_fit();
  return shard;
}

std::vector<std::string> json_captions(std::string_view json) {
  const Json object = parse_loosely(json);
  std::vector<std::string> captions;
  for (const char* name : {"caption", "captions"}) {
    const Json* field = files::find_field(object, name);
    if (captions.empty() && field != nullptr) files::add_captions(*field, captions);
  }
  return captions;
}

}  // namespace clipwright::data::source

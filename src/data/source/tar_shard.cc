#include "data/source/tar_shard.h"

#include <charconv>

#include "core/json.h"
#include "data/files/tar.h"
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
  std::vector<std::string> suffixes;
  Place image, text, json, label, vector;
  int image_rank = 0;  // of webdataset's list jpg;png;jpeg;webp

  bool has(std::string_view suffix) const {
    for (const std::string& known : suffixes) {
      if (known == suffix) return true;
    }
    return false;
  }
  void add(const std::string& suffix, uint64_t offset, uint64_t size) {
    suffixes.push_back(suffix);
    const Place place{offset, size, true};
    constexpr std::string_view kImages[] = {"jpg", "png", "jpeg", "webp"};
    for (int rank = 0; rank < 4; ++rank) {
      if (suffix == kImages[rank] && (!image.found || rank < image_rank)) {
        image = place;
        image_rank = rank;
      }
    }
    if (suffix == "txt") text = place;
    if (suffix == "json") json = place;
    if (suffix == "cls") label = place;
    if (suffix == "npy") vector = place;
  }
};

class ShardBuilder {
 public:
  ShardBuilder(std::string_view archive, const std::string& name, bool labels)
      : archive_(archive), name_(name), labels_(labels) {}

  void member(std::string_view path, uint64_t offset, uint64_t size) {
    const size_t slash = path.rfind('/');
    const size_t base = slash == std::string_view::npos ? 0 : slash + 1;
    const size_t dot = path.find('.', base);
    if (dot == std::string_view::npos || dot == base) return;  // no suffix, or a hidden file
    std::string suffix(path.substr(dot + 1));
    for (char& c : suffix) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const std::string_view key = path.substr(0, dot);
    if (key != now_.key || now_.has(suffix)) {
      finish_sample();
      now_.key = key;
    }
    now_.add(suffix, offset, size);
  }

  void finish_sample() {
    if (!now_.suffixes.empty()) judge();
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
    if (!now_.image.found)
      return shard_.skipped.skip("no picture",
                                 place + " has no picture (looked for .jpg, .png, .jpeg, .webp)");
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
    const bool said = !text::unicode::trimmed(text).empty();
    if (!said && sample.label < 0 && !now_.vector.found &&
        (!now_.json.found || json_caption(bytes(now_.json)).empty())) {
      if (now_.label.found)
        return shard_.skipped.skip("no label",
                                   place + " has a .cls that is no whole number from 0");
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
  Gathered now_;
  TarShard shard_;
};

}  // namespace

TarShard index_shard(std::string_view archive, const std::string& name, bool labels) {
  ShardBuilder builder(archive, name, labels);
  std::string damage =
      files::walk_tar(archive, [&](std::string_view path, uint64_t offset, uint64_t size) {
        builder.member(path, offset, size);
      });
  builder.finish_sample();
  TarShard shard = builder.take();
  shard.damage = std::move(damage);
  shard.samples.shrink_to_fit();
  shard.keys.shrink_to_fit();
  return shard;
}

std::string json_caption(std::string_view json) {
  const Json value = Json::parse(json, nullptr, false);
  if (!value.is_object()) return {};
  const auto caption = value.find("caption");
  if (caption == value.end() || !caption->is_string()) return {};
  return std::string(text::unicode::trimmed(caption->get_ref<const std::string&>()));
}

}  // namespace clipwright::data::source

#include "data/tools/pack.h"

#include <cstdio>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "data/files/tar.h"
#include "data/files/walk.h"
#include "data/image/picture_format.h"
#include "data/tools/unfinished_tars.h"

namespace clipwright::data::tools {
namespace {

std::string numbered(int width, int64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(number));
  return text;
}

/// One of the files that an earlier pack left in the folder; empty when there is none.
std::string earlier_pack(const fs::path& folder) {
  const std::vector<std::string> tars = files::files_in(folder, "tar");
  if (!tars.empty()) return fs::path(tars[0]).filename().string();
  std::error_code error;
  return fs::exists(folder / "sizes.json", error) ? "sizes.json" : "";
}

Json texts_of(const source::Dataset& dataset, const captions::CaptionTable* captions, int64_t index,
              const char* raw_name) {
  Json texts;
  texts["key"] = dataset.key(index);
  texts[raw_name] = dataset.caption(index);
  for (int slot = 1; captions != nullptr && slot <= captions->rewrites(); ++slot) {
    if (std::string text = captions->text(index, slot); !text.empty())
      texts[captions->slot_name(slot)] = std::move(text);
  }
  return texts;
}

}  // namespace

void check_pack_options(const PackOptions& options) {
  if (options.samples_per_tar <= 0)
    fail_usage("--samples-per-tar is " + std::to_string(options.samples_per_tar),
               "a positive number");
  if (const std::string found = earlier_pack(options.folder); !found.empty()) {
    fail_usage(options.folder.string() + ": holds " + found + " already", "an empty folder",
               "Choose another folder, or remove its tars and sizes.json: tars of two packs in one "
               "folder are read as one data set.");
  }
}

PackResult pack(const source::Dataset& dataset, const captions::CaptionTable* captions,
                const PackOptions& options) {
  check_pack_options(options);
  tell_unfinished_tars(options.folder);
  make_folder(options.folder);
  PackResult result;
  Json sizes = Json::object();
  std::unique_ptr<files::TarWriter> tar;
  // A part of the tars would be read as a data set: they get their names together.
  std::vector<std::unique_ptr<files::TarWriter>> closed;
  std::vector<AtomicFile*> written;
  int64_t in_tar = 0;
  const auto close = [&] {
    if (!tar) return;
    written.push_back(&tar->close());
    closed.push_back(std::move(tar));
    sizes[numbered(5, result.tars) + ".tar"] = in_tar;
    ++result.tars;
    in_tar = 0;
  };
  Progress progress("packing", dataset.size());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    stop_if_interrupted();
    const source::ImageBytes image = dataset.image(i);
    const std::string_view bytes(reinterpret_cast<const char*>(image.view.data()),
                                 image.view.size());
    // What fits the bytes, whatever the file was called.
    const std::string suffix(image::format_ending(image::picture_format(image.view)));
    if (!image.error.empty() || suffix.empty()) {
      if (++result.skipped <= 3)
        log_warning("sample " + dataset.key(i) + ": " +
                    (image.error.empty() ? image::foreign_format(image.view) : image.error) +
                    "; skipped");
      continue;
    }
    result.rare += suffix == "gif" || suffix == "bmp" || suffix == "tif" ? 1 : 0;
    if (!tar) {
      tar =
          std::make_unique<files::TarWriter>(options.folder / (numbered(5, result.tars) + ".tar"));
    }
    const std::string name = numbered(9, i) + ".";
    tar->add(name + suffix, bytes);
    if (const std::string caption = dataset.caption(i); !caption.empty())
      tar->add(name + "txt", caption);
    if (const int label = dataset.label(i); label >= 0)
      tar->add(name + "cls", std::to_string(label));
    Json texts = texts_of(dataset, captions, i, "caption");
    if (const std::vector<std::string> all = dataset.captions(i); all.size() > 1)
      texts["captions"] = all;
    tar->add(name + "json", to_line(texts));
    ++result.samples;
    if (++in_tar == options.samples_per_tar) close();
    progress.update(i + 1);
  }
  close();
  progress.finish();
  if (result.rare > 0) {
    log_warning(with_commas(result.rare) +
                " pictures are GIF, BMP or TIFF and are packed as such: clipwright reads them, "
                "readers that look for jpg, png, jpeg and webp alone (open_clip's) pass them over");
  }
  AtomicFile file(options.folder / "sizes.json");
  file.write(sizes.dump(1) + "\n");
  written.push_back(&file);
  commit_together(written);
  return result;
}

void join_texts(const source::Dataset& dataset, const captions::CaptionTable& captions,
                const std::function<void(std::string_view)>& write) {
  Progress progress("joining", dataset.size());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    stop_if_interrupted();
    write(to_line(texts_of(dataset, &captions, i, "raw")) + "\n");
    progress.update(i + 1);
  }
}

}  // namespace clipwright::data::tools

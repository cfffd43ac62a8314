#include "train/folder/converted_model.h"

#include <algorithm>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "models/files/hugging_face.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "train/folder/unfinished_folder.h"

namespace clipwright::train::folder {

std::vector<std::string> model_formats() { return {"open_clip", "hf"}; }

void convert_model(const models::ModelArgument& model, std::string_view format,
                   const fs::path& output) {
  const std::vector<std::string> formats = model_formats();
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    fail_usage("--format " + std::string(format), listed(formats, " or "));
  std::error_code ignored;
  if (fs::exists(output, ignored) &&
      (!fs::is_directory(output, ignored) || !fs::is_empty(output, ignored)))
    fail_usage(output.string() + ": is there already", "a folder that is not there, or empty");
  const auto loaded = models::load_trained_model(model);
  const fs::path whole = fs::absolute(output).lexically_normal();
  make_folder(whole.parent_path());
  UnfinishedFolder folder(whole.has_filename() ? whole : whole.parent_path());
  if (format == "hf") {
    models::files::write_hugging_face_folder(*loaded, folder.path());
  } else {
    models::write_open_clip_directory(*loaded, folder.path());
  }
  folder.rename();
}

}  // namespace clipwright::train::folder

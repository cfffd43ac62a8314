#include "models/encoders/find_sentence_encoder.h"

#include "core/error.h"
#include "core/file.h"
#include "core/process/shared_files.h"
#include "models/files/sentence_encoder_folder.h"
#include "models/open_clip_directory.h"

namespace clipwright::models::encoders {

fs::path fetched_sentence_encoder() { return find_shared_file(std::string("models/") + kMiniLm); }

fs::path find_sentence_encoder(const std::string& model) {
  std::error_code unreadable;
  const fs::path folder(model);
  if (fs::is_directory(folder, unreadable))
    return !is_open_clip_directory(folder) && files::is_sentence_encoder_folder(folder)
               ? folder
               : fs::path();
  if (model != kMiniLm) return {};
  const fs::path fetched = fetched_sentence_encoder();
  if (fetched.empty())
    fail_input(std::string(kMiniLm) + ": has not been fetched", "its folder",
               "Fetch it once with ./run fetch minilm (83 MB), or name a folder that has it.");
  return fetched;
}

}  // namespace clipwright::models::encoders

// Files that list pictures with all their captions, as retrieval sets are given out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipwright::data::annotations {

struct CaptionedPicture {
  std::string path;                   ///< as the file has it, with its folder
  std::vector<std::string> captions;  ///< in the file's order, at least one; none is blank
};

/// A picture or caption of a file that cannot be used.
struct Unusable {
  std::string reason;    ///< a few words, to count by
  std::string sentence;  ///< where and why
};

struct CaptionedPictures {
  std::string kind;                        ///< what the log calls the file
  std::vector<CaptionedPicture> pictures;  ///< in the file's order
  std::vector<Unusable> unusable;
};

/// COCO's JSON (`images` with `id` and `file_name`, `annotations` with `image_id` and `caption`;
/// ids of any 64 bits, or texts), Karpathy's (`images` with `filename`, `filepath`, `split` and
/// `sentences` of `raw`), or a list of objects with a picture and its captions. Of a file with
/// splits only `split` is taken. Throws Error(kInput) when the file is none of these, Error(kUsage)
/// when it has splits and `split` is empty or none of them.
CaptionedPictures read_caption_json(const std::filesystem::path& path, const std::string& split);

/// Flickr's text: a line `picture.jpg,caption` a caption below a line of names. A caption is
/// everything after the comma that ends the picture's name, as it stands. Lines of one picture need
/// not be neighbours. Throws Error(kInput) when the file cannot be read.
CaptionedPictures read_flickr_text(const std::filesystem::path& path);
/// Whether one of the first two lines is a picture and a caption.
bool is_flickr_text(const std::filesystem::path& path);

}  // namespace clipwright::data::annotations

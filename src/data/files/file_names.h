// What the name of a file says, by the same rules wherever files are looked for: in folders, tars,
// lists and patterns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::files {

/// The ending without its dot, in lower case: "x/Y.JPG" gives "jpg".
std::string lower_extension(std::string_view name);

/// Endings of pictures in lower case. Where a sample has several pictures the first one of this
/// list is taken, as webdataset's readers take "jpg;png;jpeg;webp".
const std::vector<std::string_view>& picture_endings();
/// ".jpg, .png, ...": what was looked for, in sentences.
std::string listed_picture_endings();

/// True for a name with one of these endings in any case.
bool is_image_name(std::string_view name);

/// True for what operating systems and editors leave beside data: a file or folder whose name
/// begins with a dot ("._0.jpg", ".DS_Store", ".cache/0.jpg"), and what lies in "__MACOSX". `path`
/// starts at the source: the folders above it are the user's. "." and ".." are no names.
bool is_hidden(std::string_view path);

/// The same of a path that may begin anywhere, such as a line of a list: its last name and
/// "__MACOSX" alone decide.
bool is_hidden_file(std::string_view path);

/// Whether a name ends as a compressed or zipped archive does (".tar.gz", ".tgz", ".tar.zst",
/// ".zip", ...).
bool is_compressed_archive(std::string_view name);
/// What to do with one; a sentence.
std::string unpacking_advice(std::string_view name);

/// Throws Error(kInput), with what to do, for a place that is no path of this machine: an address
/// ("s3://...", "https://...", "hf://...") or a command ("pipe:...").
void refuse_remote(std::string_view place);
/// The same as a reason; empty for a path.
std::string remote_problem(std::string_view place);

}  // namespace clipwright::data::files

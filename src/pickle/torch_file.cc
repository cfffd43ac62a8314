#include "pickle/torch_file.h"

#include <zip.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "pickle/torch_names.h"
#include "pickle/unpickle.h"

namespace clipwright::pickle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected = "a file of torch.save with a model's weights";
constexpr const char* kAgain = "Fetch the file again; a broken download is the usual cause.";
constexpr std::string_view kZip = "PK\x03\x04", kPickle = "\x80";
// The pickle alone, without the tensors' bytes: a checkpoint of a large model has some megabytes.
constexpr uint64_t kMostPickle = uint64_t{256} << 20;
/// 0x1950a86a20f9469cfc6c, the first object of the stream format.
constexpr std::string_view kMagic = "l\xfc\x9c\x46\xf9 j\xa8P\x19";
constexpr int64_t kStreamVersion = 1001;

/// The bytes of a storage among `all` of those under its name, which `what` names.
std::string_view bytes_of(const Storage& storage, std::string_view all, const std::string& what) {
  const auto element = static_cast<uint64_t>(type_size(storage.type));
  const uint64_t most = std::numeric_limits<int64_t>::max() / 32;
  const auto begin = static_cast<uint64_t>(storage.begin),
             size = static_cast<uint64_t>(storage.size);
  const bool countable = begin <= most && size <= most;
  if (!countable || begin * element > all.size() || size * element > all.size() - begin * element) {
    fail_input(what + " has " + std::to_string(all.size()) + " bytes, and its tensors want " +
                   std::to_string(storage.size) + " numbers from " + std::to_string(storage.begin) +
                   " on",
               kExpected, kAgain);
  }
  return all.substr(begin * element, size * element);
}

}  // namespace

class TorchFile::Content {
 public:
  explicit Content(const fs::path& path) : where(path.string()) {}
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  virtual ~Content() = default;
  virtual std::string_view bytes(const Storage& storage) = 0;
  virtual void forget(const Storage& /*storage*/) {}

  const std::string where;
  Pickle pickle;
  bool script = false;
};

class TorchFile::ZipContent : public TorchFile::Content {
 public:
  explicit ZipContent(const fs::path& path) : Content(path), size_(fs::file_size(path)) {
    int code = 0;
    archive_.reset(::zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (archive_ == nullptr) {
      zip_error_t error;
      ::zip_error_init_with_code(&error, code);
      const std::string why = ::zip_error_strerror(&error);
      ::zip_error_fini(&error);
      fail_input(where + ": is a zip archive that cannot be opened (" + why + ")", kExpected,
                 kAgain);
    }
    find_folder();
    pickle = read_pickle(read("data.pkl", kMostPickle), where + " (data.pkl)");
    script = has("constants.pkl");
    if (has("byteorder") && read("byteorder", 16) != "little")
      fail_input(where + ": its numbers are not little-endian", kExpected,
                 "Load and save it again on a usual machine.");
  }

  std::string_view bytes(const Storage& storage) override {
    const auto found = read_.find(storage.key);
    const std::string& all =
        found != read_.end()
            ? found->second
            : read_.emplace(storage.key, read("data/" + storage.key, UINT64_MAX)).first->second;
    return bytes_of(storage, all, where + ": data/" + storage.key);
  }

  void forget(const Storage& storage) override { read_.erase(storage.key); }

 private:
  struct Close {
    void operator()(zip_t* archive) const { ::zip_discard(archive); }
    void operator()(zip_file_t* file) const { ::zip_fclose(file); }
  };

  /// The archive's folder is named after the file that it was saved as.
  void find_folder() {
    constexpr std::string_view kName = "data.pkl";
    bool found = false;
    uint64_t whole = 0;
    for (zip_int64_t i = 0, count = ::zip_get_num_entries(archive_.get(), 0); i < count; ++i) {
      const char* raw =
          ::zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
      const std::string_view name = raw == nullptr ? "" : raw;
      zip_stat_t about;
      if (::zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(i), 0, &about) == 0 &&
          (about.valid & ZIP_STAT_COMP_SIZE) != 0)
        whole += std::min<uint64_t>(about.comp_size, size_);
      if (whole > size_) {
        fail_input(
            where + ": is said to hold more bytes than it has, so parts of it lie over others",
            kExpected, kAgain);
      }
      if (!name.ends_with(kName)) continue;
      const std::string_view folder = name.substr(0, name.size() - kName.size());
      if (!folder.empty() && folder.back() != '/') continue;
      if (!found || folder.size() < folder_.size()) folder_ = folder;
      found = true;
    }
    if (!found)
      fail_input(where + ": is a zip archive without data.pkl, so torch.save did not write it",
                 kExpected);
  }

  bool has(const std::string& name) const {
    return ::zip_name_locate(archive_.get(), (folder_ + name).c_str(), ZIP_FL_ENC_RAW) >= 0;
  }

  std::string read(const std::string& name, uint64_t most) {
    zip_stat_t about;
    if (::zip_stat(archive_.get(), (folder_ + name).c_str(), ZIP_FL_ENC_RAW, &about) != 0)
      fail_input(where + ": holds no " + name + ", which its pickle names", kExpected, kAgain);
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE)
      fail_input(where + ": " + name + " is encrypted", kExpected, "Unpack it first.");
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    // torch.save compresses nothing. What is compressed could be of any size once it is not.
    if ((about.valid & kNeeded) != kNeeded || about.comp_method != ZIP_CM_STORE ||
        about.size != about.comp_size)
      fail_input(where + ": " + name + " is compressed", kExpected,
                 "Pack the archive without compression (torch.save does).");
    if (about.size > most)
      fail_input(where + ": " + name + " has " + std::to_string(about.size) + " bytes", kExpected);
    const std::unique_ptr<zip_file_t, Close> file(
        ::zip_fopen_index(archive_.get(), about.index, 0));
    std::string bytes(file == nullptr ? 0 : about.size, '\0');
    const zip_int64_t got =
        file == nullptr ? -1 : ::zip_fread(file.get(), bytes.data(), bytes.size());
    // The checksum is compared where the end is seen.
    char behind = 0;
    if (got != static_cast<zip_int64_t>(bytes.size()) || ::zip_fread(file.get(), &behind, 1) != 0) {
      fail_input(
          where + ": " + name + " is damaged (" +
              (file == nullptr ? ::zip_strerror(archive_.get()) : ::zip_file_strerror(file.get())) +
              ")",
          kExpected, kAgain);
    }
    return bytes;
  }

  std::unique_ptr<zip_t, Close> archive_;
  uint64_t size_ = 0;  ///< bytes of the file
  std::string folder_;
  std::map<std::string, std::string> read_;
};

class TorchFile::StreamContent : public TorchFile::Content {
 public:
  explicit StreamContent(const fs::path& path) : Content(path), file_(path) {
    std::string_view rest = file_.text();
    const auto next = [&](const char* what) {
      Pickle one = read_pickle(rest.substr(0, kMostPickle), where + " (" + what + ")");
      rest.remove_prefix(one.size);
      return one;
    };
    const Pickle magic = next("its beginning");
    const auto* large = magic.root->as<Opaque>();
    const auto* bytes =
        large == nullptr || large->arguments == nullptr ? nullptr : large->arguments->as<Bytes>();
    if (bytes == nullptr || bytes->bytes != kMagic)
      fail_input(where + ": is a pickle that torch.save did not write (it holds " +
                     magic.root->kind() + ")",
                 kExpected);
    const Pickle version = next("its version");
    if (version.root->as<int64_t>() == nullptr || *version.root->as<int64_t>() != kStreamVersion)
      fail_input(where + ": is of an unknown version of torch.save's stream", kExpected);
    const Pickle system = next("its system");
    if (const auto* about = system.root->as<Dict>()) {
      const Value* little = find(*about, "little_endian");
      if (little != nullptr && little->as<bool>() != nullptr && !*little->as<bool>())
        fail_input(where + ": its numbers are not little-endian", kExpected,
                   "Load and save it again on a usual machine.");
    }
    pickle = next("its objects");
    find_storages(next("the list of its storages"), rest);
  }

  std::string_view bytes(const Storage& storage) override {
    const auto found = places_.find(storage.key);
    if (found == places_.end())
      fail_input(where + ": holds no storage " + storage.key + ", which its objects name",
                 kExpected, kAgain);
    return bytes_of(storage, found->second, where + ": storage " + storage.key);
  }

 private:
  void find_storages(const Pickle& keys, std::string_view rest) {
    std::map<std::string_view, const Storage*> storages;
    for (const Value& value : pickle.values) {
      if (const auto* storage = value.as<Storage>()) storages.emplace(storage->key, storage);
    }
    const auto* list = keys.root->as<List>();
    if (list == nullptr)
      fail_input(where + ": its list of storages is " + keys.root->kind(), kExpected, kAgain);
    for (const Value* item : list->items) {
      const auto* key = item->as<std::string>();
      const auto storage = key == nullptr ? storages.end() : storages.find(*key);
      if (storage == storages.end())
        fail_input(where + ": lists a storage that none of its objects names", kExpected, kAgain);
      uint64_t count = 0;
      if (rest.size() < sizeof count)
        fail_input(where + ": ends before storage " + *key, kExpected, kAgain);
      std::memcpy(&count, rest.data(), sizeof count);
      rest.remove_prefix(sizeof count);
      const auto size = static_cast<uint64_t>(type_size(storage->second->type));
      if (size == 0) {
        fail_input(where + ": storage " + *key + " has numbers of the unknown type " +
                       storage->second->type,
                   kExpected);
      }
      if (count > rest.size() / size)
        fail_input(where + ": ends in storage " + *key + " (" + std::to_string(rest.size()) +
                       " bytes of " + std::to_string(count) + " numbers)",
                   kExpected, kAgain);
      places_.emplace(*key, rest.substr(0, count * size));
      rest.remove_prefix(count * size);
    }
  }

  MappedFile file_;
  std::map<std::string, std::string_view> places_;
};

bool looks_like_torch_file(std::string_view first_bytes) {
  return first_bytes.starts_with(kZip) || first_bytes.starts_with(kPickle);
}

TorchFile::TorchFile(const fs::path& path) {
  const MappedFile opened(path);
  const std::string_view first = opened.text().substr(0, 4);
  if (first.starts_with(kZip)) {
    content_ = std::make_unique<ZipContent>(path);
  } else if (first.starts_with(kPickle)) {
    content_ = std::make_unique<StreamContent>(path);
  } else {
    fail_input(path.string() +
                   ": is no file of torch.save (it begins neither as a zip archive nor "
                   "as a pickle)",
               kExpected, kAgain);
  }
}

TorchFile::~TorchFile() = default;

const Value* TorchFile::root() const { return content_->pickle.root; }
bool TorchFile::is_script() const { return content_->script; }
std::string_view TorchFile::bytes(const Storage& storage) { return content_->bytes(storage); }
void TorchFile::forget(const Storage& storage) { content_->forget(storage); }

}  // namespace clipwright::pickle

#include "core/hash.h"

#include <openssl/evp.h>

#include "core/error.h"
#include "core/file.h"

namespace clipwright {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  CW_CHECK(done == 1 && length == digest.size(), "SHA-256 is not available");
  return digest;
}

Sha256 sha256_file(const std::filesystem::path& path) { return sha256(MappedFile(path).text()); }

std::string hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace clipwright

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

struct Sha256Stream::State {
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  CW_CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1,
           "SHA-256 is not available");
}
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::string_view bytes) {
  CW_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  unsigned int length = 0;
  CW_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length) == 1 &&
               length == digest.size(),
           "SHA-256");
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

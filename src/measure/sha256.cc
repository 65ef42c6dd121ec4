#include "measure/sha256.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace bantam {
namespace {

void Require(int status) {
  if (status != 1) Fail(ErrorCode::kInternal, "OpenSSL could not compute a SHA-256");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) { Require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }

void Sha256::Update(std::span<const std::byte> bytes) {
  Require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::array<std::byte, 32> Sha256::Finish() {
  std::array<std::byte, 32> digest;
  Require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr));
  return digest;
}

std::array<std::byte, 32> Sha256::Of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

std::string ToHex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

}  // namespace bantam

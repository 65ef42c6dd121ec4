// SHA-256 (FIPS 180-4) fed in pieces, by OpenSSL: the fingerprint by which stored results recognise the text they belong to.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace bantam {

class Sha256 {
 public:
  Sha256();
  void Update(std::span<const std::byte> bytes);
  std::array<std::byte, 32> Finish();  // the object is used up

  static std::array<std::byte, 32> Of(std::span<const std::byte> bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string ToHex(std::span<const std::byte> bytes);

}  // namespace bantam

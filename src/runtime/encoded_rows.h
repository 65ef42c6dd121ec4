// The input of matrix products, encoded once in every format that the matrices it meets ask for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/arena.h"
#include "runtime/matrix.h"

namespace bantam {

class EncodedRows {
 public:
  EncodedRows() = default;
  EncodedRows(const EncodedRows&) = delete;
  EncodedRows& operator=(const EncodedRows&) = delete;

  // Before Reserve: `rows` rows will be multiplied with this matrix (nothing happens for one without rows).
  void Need(const Matrix& matrix, int64_t rows);
  void Reserve(Arena& arena);

  // Starts a new input of rows of `cols` values; then Add says which matrices it will meet.
  void Begin(int64_t cols);
  void Add(const Matrix& matrix);
  // Encodes one row; different rows may be encoded at the same time.
  void Encode(const Kernels& kernels, int64_t row, const float* x);

  RowsOf<const std::byte> For(const Matrix& matrix, const int32_t* index = nullptr) const;

 private:
  struct Format {
    int64_t bytes = 0;
    std::byte* rows = nullptr;
    bool wanted = false;
  };
  std::array<Format, kActivationFormats> formats_;
  int64_t cols_ = 0;
};

}  // namespace bantam

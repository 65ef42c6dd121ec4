// Matrix products with stored weights: rows of the matrix times rows of activations, in small tiles whose sums stay in
// registers. A tile of R rows and T tokens has R * T independent sums, so the tile's size changes no bit.
//
// Float weights: sums as kernels.h says. Weights of 8-bit codes (and fewer) in blocks of 32, times kQ8 activations: lane i of
// the sums takes from block b with b % 2 == i / 8 the four values 4 (i % 8) to 4 (i % 8) + 3:
//
//   lane += (sum of 4 products of codes, exact) * (d_weights * d_activations)       fused, in the order of the blocks
//   out   = tree over the lanes + sum over blocks of m_weights * s_activations      the latter for Q4_1 and Q5_1 only
#pragma once

namespace bantam::BANTAM_TARGET {

// ---- Float weights ----

template <F32x16 (*LoadWeights)(const std::byte*), int kBytes>
struct FloatFormat {
  static F32x16 LoadAt(const std::byte* row, int64_t c) { return LoadWeights(row + c * kBytes); }
  static F32x16 LoadTailAt(const std::byte* row, int64_t c, int64_t count) {
    std::byte padded[16 * kBytes] = {};
    std::memcpy(padded, row + c * kBytes, static_cast<size_t>(count * kBytes));
    return LoadWeights(padded);
  }

  template <int R, int T>
  static void Tile(const MultiplyArgs& args, int64_t row, int64_t token) {
    const std::byte* w[R];
    const float* x[T];
    F32x16 sum[R][T];
    for (int r = 0; r < R; ++r) w[r] = args.weights + (row + r) * args.row_bytes;
    for (int t = 0; t < T; ++t) x[t] = reinterpret_cast<const float*>(args.x.row(token + t));
    for (int r = 0; r < R; ++r) {
      for (int t = 0; t < T; ++t) sum[r][t] = Set(0.0f);
    }
    const int64_t whole = args.cols / 16 * 16;
    for (int64_t c = 0; c < whole; c += 16) {
      for (int r = 0; r < R; ++r) {
        const F32x16 weights = LoadAt(w[r], c);
        for (int t = 0; t < T; ++t) sum[r][t] = Fma(weights, Load(x[t] + c), sum[r][t]);
      }
    }
    if (whole < args.cols) {  // x has zeros there
      for (int r = 0; r < R; ++r) {
        const F32x16 weights = LoadTailAt(w[r], whole, args.cols - whole);
        for (int t = 0; t < T; ++t) sum[r][t] = Fma(weights, Load(x[t] + whole), sum[r][t]);
      }
    }
    for (int t = 0; t < T; ++t) {
      float* out = args.out.row(token + t) + row;
      for (int r = 0; r < R; ++r) out[r] = ReduceAdd(sum[r][t]);
    }
  }
};

// ---- Weights in blocks of 32 codes ----

struct Q8_0Codes {
  using Block = BlockQ8_0;
  static constexpr bool kHasOffset = false;
  static I8x32 Codes(const std::byte* block) { return LoadCodes(block + offsetof(Block, codes)); }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
};
struct Q4_0Codes {
  using Block = BlockQ4_0;
  static constexpr bool kHasOffset = false;
  static I8x32 Codes(const std::byte* block) {
    return SubtractConstant(LoadNibbles(block + offsetof(Block, nibbles)), 8);
  }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
};
struct Q4_1Codes {
  using Block = BlockQ4_1;
  static constexpr bool kHasOffset = true;
  static I8x32 Codes(const std::byte* block) { return LoadNibbles(block + offsetof(Block, nibbles)); }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
  static float Offset(const std::byte* block) { return HalfAt(block + offsetof(Block, offset)); }
};
struct Q5_0Codes {
  using Block = BlockQ5_0;
  static constexpr bool kHasOffset = false;
  static I8x32 Codes(const std::byte* block) {
    const I8x32 low = LoadNibbles(block + offsetof(Block, nibbles));
    return SubtractConstant(AddHighBits(low, block + offsetof(Block, high)), 16);
  }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
};
struct Q5_1Codes {
  using Block = BlockQ5_1;
  static constexpr bool kHasOffset = true;
  static I8x32 Codes(const std::byte* block) {
    return AddHighBits(LoadNibbles(block + offsetof(Block, nibbles)), block + offsetof(Block, high));
  }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
  static float Offset(const std::byte* block) { return HalfAt(block + offsetof(Block, offset)); }
};
struct Iq4NlCodes {
  using Block = BlockIQ4_NL;
  static constexpr bool kHasOffset = false;
  static I8x32 Codes(const std::byte* block) {
    return Lookup(LoadNibbles(block + offsetof(Block, nibbles)), kIq4Levels);
  }
  static float Scale(const std::byte* block) { return HalfAt(block + offsetof(Block, scale)); }
};
// The elements of MXFP4 times two are whole numbers; the scale takes the half: 2^(e - 127) / 2.
inline constexpr int8_t kMxfp4Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
struct Mxfp4Codes {
  using Block = BlockMXFP4;
  static constexpr bool kHasOffset = false;
  static I8x32 Codes(const std::byte* block) {
    return Lookup(LoadNibbles(block + offsetof(Block, nibbles)), kMxfp4Doubled);
  }
  static float Scale(const std::byte* block) {
    // 2^(e - 128); for e below 2 it is a subnormal number: 2^-128 and 2^-127.
    const auto e = static_cast<uint32_t>(block[offsetof(Block, exponent)]);
    return std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23);
  }
};

template <class Codes>
struct BlockFormat {
  // Blocks b and, when kPair, b + 1 of every row and token of the tile.
  template <bool kPair, int R, int T>
  static void Step(const std::byte* const (&w)[R], const Q8Row (&x)[T], int64_t b, F32x16 (&sum)[R][T],
                   float (&offset)[R][T]) {
    constexpr int64_t kBytes = sizeof(typename Codes::Block);
    for (int r = 0; r < R; ++r) {
      const std::byte* first = w[r] + b * kBytes;
      const std::byte* second = first + kBytes;
      I8x64 codes;
      F32x16 scale;
      if constexpr (kPair) {
        codes = Combine(Codes::Codes(first), Codes::Codes(second));
        scale = Broadcast2(Codes::Scale(first), Codes::Scale(second));
      } else {
        codes = Combine(Codes::Codes(first), ZeroCodes());
        scale = Broadcast2(Codes::Scale(first), 0.0f);
      }
      for (int t = 0; t < T; ++t) {
        const F32x16 products = DotQuads(codes, LoadCodePair(x[t].codes + b * kQ8Block));
        const F32x16 scales = Mul(scale, Broadcast2(x[t].scales[b], x[t].scales[b + 1]));
        sum[r][t] = Fma(products, scales, sum[r][t]);
        if constexpr (Codes::kHasOffset) {
          offset[r][t] += Codes::Offset(first) * x[t].sums[b];
          if constexpr (kPair) offset[r][t] += Codes::Offset(second) * x[t].sums[b + 1];
        }
      }
    }
  }

  template <int R, int T>
  static void Tile(const MultiplyArgs& args, int64_t row, int64_t token) {
    const std::byte* w[R];
    Q8Row x[T];
    F32x16 sum[R][T];
    float offset[R][T] = {};
    for (int r = 0; r < R; ++r) w[r] = args.weights + (row + r) * args.row_bytes;
    for (int t = 0; t < T; ++t) x[t] = Q8Row(args.x.row(token + t), args.cols);
    for (int r = 0; r < R; ++r) {
      for (int t = 0; t < T; ++t) sum[r][t] = Set(0.0f);
    }
    const int64_t blocks = args.cols / kQ8Block;
    for (int64_t b = 0; b + 1 < blocks; b += 2) Step<true>(w, x, b, sum, offset);
    if (blocks % 2 != 0) Step<false>(w, x, blocks - 1, sum, offset);
    for (int t = 0; t < T; ++t) {
      float* out = args.out.row(token + t) + row;
      for (int r = 0; r < R; ++r) {
        out[r] = ReduceAdd(sum[r][t]);
        if constexpr (Codes::kHasOffset) out[r] += offset[r][t];
      }
    }
  }
};

// ---- The loop over tiles ----

template <class Format, int R>
void TokenTiles(const MultiplyArgs& args, int64_t row) {
  int64_t token = 0;
  for (; token + kTileTokens <= args.tokens; token += kTileTokens) {
    Format::template Tile<R, kTileTokens>(args, row, token);
  }
  if constexpr (kTileTokens > 1) {
    for (; token < args.tokens; ++token) Format::template Tile<R, 1>(args, row, token);
  }
}

template <class Format>
void Multiply(const MultiplyArgs& args) {
  int64_t row = args.row_begin;
  for (; row + kTileRows <= args.row_end; row += kTileRows) TokenTiles<Format, kTileRows>(args, row);
  if constexpr (kTileRows > 1) {
    for (; row < args.row_end; ++row) TokenTiles<Format, 1>(args, row);
  }
}

// ---- Every other type: decoded to floats piece by piece, each piece used for up to 32 tokens ----

// Every block size divides 256; the decoded piece takes 1 KiB of stack, the sums 2.
inline constexpr int64_t kDecodedPiece = 256, kDecodedTokens = 32;

void MultiplyDecodedRow(const MultiplyArgs& args, int64_t row, int64_t token, int64_t tokens) {
  float piece[kDecodedPiece];
  F32x16 sum[kDecodedTokens];
  for (int64_t t = 0; t < tokens; ++t) sum[t] = Set(0.0f);
  const std::byte* weights = args.weights + row * args.row_bytes;
  for (int64_t c = 0; c < args.cols; c += kDecodedPiece) {
    const int64_t count = std::min(kDecodedPiece, args.cols - c);
    DecodeRow(args.dtype, weights + RowBytes(args.dtype, c), piece, count);
    for (int64_t i = count; i % 16 != 0; ++i) piece[i] = 0.0f;
    for (int64_t t = 0; t < tokens; ++t) {
      const float* x = reinterpret_cast<const float*>(args.x.row(token + t)) + c;
      F32x16 partial = sum[t];
      for (int64_t i = 0; i < count; i += 16) partial = Fma(Load(piece + i), Load(x + i), partial);
      sum[t] = partial;
    }
  }
  for (int64_t t = 0; t < tokens; ++t) args.out.row(token + t)[row] = ReduceAdd(sum[t]);
}

void MultiplyDecoded(const MultiplyArgs& args) {
  for (int64_t row = args.row_begin; row < args.row_end; ++row) {
    for (int64_t token = 0; token < args.tokens; token += kDecodedTokens) {
      MultiplyDecodedRow(args, row, token, std::min(kDecodedTokens, args.tokens - token));
    }
  }
}

void (*FindMultiply(DType dtype))(const MultiplyArgs&) {
  switch (dtype) {
    case DType::kF32:
      return Multiply<FloatFormat<LoadF32, 4>>;
    case DType::kF16:
      return Multiply<FloatFormat<LoadF16, 2>>;
    case DType::kBF16:
      return Multiply<FloatFormat<LoadBF16, 2>>;
    case DType::kQ8_0:
      return Multiply<BlockFormat<Q8_0Codes>>;
    case DType::kQ4_0:
      return Multiply<BlockFormat<Q4_0Codes>>;
    case DType::kQ4_1:
      return Multiply<BlockFormat<Q4_1Codes>>;
    case DType::kQ5_0:
      return Multiply<BlockFormat<Q5_0Codes>>;
    case DType::kQ5_1:
      return Multiply<BlockFormat<Q5_1Codes>>;
    case DType::kIQ4_NL:
      return Multiply<BlockFormat<Iq4NlCodes>>;
    case DType::kMXFP4:
      return Multiply<BlockFormat<Mxfp4Codes>>;
    default:
      return MultiplyDecoded;
  }
}

}  // namespace bantam::BANTAM_TARGET

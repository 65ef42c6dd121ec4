#include <cmath>
#include <cstring>
#include <map>

#include "runtime/kernels/kernel_testing.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using testing::Adversarial;
using testing::Gaussians;
using testing::RandomWeights;
using testing::RunnableIsas;

constexpr DType kFloatTypes[] = {DType::kF32, DType::kF16, DType::kBF16};
constexpr DType kBlockTypes[] = {DType::kQ8_0, DType::kQ4_0,   DType::kQ4_1, DType::kQ5_0,
                                 DType::kQ5_1, DType::kIQ4_NL, DType::kMXFP4};
constexpr DType kDecodedTypes[] = {DType::kF64,  DType::kF8_E4M3, DType::kQ2_K,   DType::kQ3_K,  DType::kQ4_K,
                                   DType::kQ5_K, DType::kQ6_K,    DType::kIQ4_XS, DType::kTQ1_0, DType::kTQ2_0};

struct Problem {
  DType dtype;
  int64_t rows, cols, tokens;
  std::vector<std::byte> weights;
  std::vector<float> x;  // [tokens, cols]
};

Problem MakeProblem(DType dtype, int64_t rows, int64_t cols, int64_t tokens, bool adversarial, uint64_t seed) {
  return {dtype,
          rows,
          cols,
          tokens,
          RandomWeights(dtype, rows, cols, seed),
          adversarial ? Adversarial(tokens * cols, seed + 1) : Gaussians(tokens * cols, seed + 1)};
}

struct Encoded {
  std::vector<float> storage;  // floats, so that rows are aligned
  int64_t stride = 0;
  RowsOf<const std::byte> rows() const { return {reinterpret_cast<const std::byte*>(storage.data()), stride}; }
};

Encoded Encode(const Kernels& kernels, const Problem& p) {
  const ActivationFormat format = ActivationFormatFor(p.dtype);
  Encoded encoded;
  encoded.stride = ActivationRowBytes(format, p.cols);
  encoded.storage.assign(static_cast<size_t>(p.tokens * encoded.stride / 4), 7.0f);  // padding must be written
  for (int64_t t = 0; t < p.tokens; ++t) {
    kernels.encode(format, p.x.data() + t * p.cols, p.cols,
                   reinterpret_cast<std::byte*>(encoded.storage.data()) + t * encoded.stride);
  }
  return encoded;
}

MultiplyArgs Args(const Problem& p, const Encoded& encoded, std::vector<float>& out) {
  return {.dtype = p.dtype,
          .weights = p.weights.data(),
          .row_bytes = RowBytes(p.dtype, p.cols),
          .cols = p.cols,
          .row_begin = 0,
          .row_end = p.rows,
          .tokens = p.tokens,
          .x = encoded.rows(),
          .out = {out.data(), p.rows}};
}

std::vector<float> Multiply(const Kernels& kernels, const Problem& p, const Encoded& encoded) {
  std::vector<float> out(static_cast<size_t>(p.rows * p.tokens), -1.0f);
  kernels.multiply(p.dtype)(Args(p, encoded, out));
  return out;
}

// The values that an encoded row stands for, and for Q4_1 and Q5_1 the sums that their offsets meet.
struct Meaning {
  std::vector<double> values, sums;
};
Meaning Decode(const Problem& p, const std::byte* row) {
  Meaning meaning;
  if (ActivationFormatFor(p.dtype) == ActivationFormat::kQ8) {
    const Q8Row q(row, p.cols);
    for (int64_t c = 0; c < p.cols; ++c) {
      meaning.values.push_back(q.codes[c] * static_cast<double>(q.scales[c / 32]));
    }
    meaning.sums.assign(q.sums, q.sums + p.cols / 32);
  } else {
    const auto* floats = reinterpret_cast<const float*>(row);
    meaning.values.assign(floats, floats + p.cols);
  }
  return meaning;
}

// Code i of a block of Q4_1 or Q5_1.
int Code(DType dtype, const std::byte* block, int i) {
  const bool five = dtype == DType::kQ5_1;
  const auto byte = static_cast<int>(block[(five ? 8 : 4) + i % 16]);
  const int nibble = i < 16 ? byte & 15 : byte >> 4;
  return nibble + (five ? (static_cast<int>(block[4 + i / 8]) >> (i % 8) & 1) << 4 : 0);
}

// Checks `out` against sums in double. Returns the largest error in units of its bound.
double CompareWithDoubles(const Problem& p, const Encoded& encoded, const std::vector<float>& out) {
  // A lane adds cols / 16 products, each sum rounded once; then 4 tree additions. Codes: at most cols / 64 + 1 rounded
  // sums of exact products, the product of two scales, the tree, and for offsets cols / 32 products and sums more. Floats
  // that are decoded are the ones that are multiplied. So every path is within (cols / 16 + 8) roundings of 2^-24.
  const double unit = std::ldexp(static_cast<double>(p.cols) / 16 + 8, -24);
  const bool has_offset = p.dtype == DType::kQ4_1 || p.dtype == DType::kQ5_1;
  double worst = 0.0;
  std::vector<float> weights(static_cast<size_t>(p.cols));
  for (int64_t r = 0; r < p.rows; ++r) {
    const std::byte* row = p.weights.data() + r * RowBytes(p.dtype, p.cols);
    DecodeRow(p.dtype, row, weights.data(), p.cols);
    for (int64_t t = 0; t < p.tokens; ++t) {
      const Meaning x = Decode(p, encoded.rows().row(t));
      double exact = 0.0, magnitude = 0.0;
      const auto add = [&](double product) {
        exact += product;
        magnitude += std::fabs(product);
      };
      for (int64_t c = 0; c < p.cols; ++c) {
        const auto i = static_cast<size_t>(c);
        double weight = weights[i];
        if (has_offset) {  // from the codes: the decoder rounds d q + m
          const std::byte* block = row + c / 32 * Info(p.dtype).block_bytes;
          uint16_t half[2];
          std::memcpy(half, block, sizeof(half));
          weight = Code(p.dtype, block, static_cast<int>(c % 32)) * static_cast<double>(HalfToFloat(half[0]));
          if (c % 32 == 0) add(static_cast<double>(HalfToFloat(half[1])) * x.sums[i / 32]);
        }
        add(weight * x.values[i]);
      }
      const double error = std::fabs(out[static_cast<size_t>(t * p.rows + r)] - exact);
      // A scale of the smallest subnormals can round a product of scales by half of 2^-149.
      const double bound = unit * magnitude + std::ldexp(static_cast<double>(p.cols) * 127 * 127, -149);
      EXPECT_LE(error, bound) << Name(p.dtype) << " " << p.rows << "x" << p.cols << " row " << r << " token " << t;
      if (bound > 0.0) worst = std::max(worst, error / bound);
    }
  }
  return worst;
}

// Rows and tokens around every tile size; columns around a vector, a pair of blocks and the pieces of decoded rows.
std::vector<Problem> Problems(DType dtype) {
  const int64_t block = Info(dtype).block_values;
  std::vector<int64_t> cols = block == 1    ? std::vector<int64_t>{1, 15, 16, 17, 47, 64, 255, 300}
                              : block == 32 ? std::vector<int64_t>{32, 64, 96, 288, 576}
                                            : std::vector<int64_t>{256, 512, 768};
  std::vector<Problem> problems;
  uint64_t seed = 10 * static_cast<uint64_t>(dtype);
  for (const int64_t c : cols) {
    for (const auto& [rows, tokens] : std::map<int64_t, int64_t>{{1, 1}, {2, 3}, {5, 4}, {7, 9}, {9, 35}}) {
      // Numbers of 2^20 overflow the F16 activations and block sums of these three.
      const bool narrow = dtype == DType::kF16 || dtype == DType::kQ4_1 || dtype == DType::kQ5_1;
      const bool adversarial = seed % 2 == 0 && !narrow;
      problems.push_back(MakeProblem(dtype, rows, c, tokens, adversarial, ++seed));
    }
  }
  return problems;
}

class MultiplyTest : public ::testing::TestWithParam<DType> {};

TEST_P(MultiplyTest, IsWithinItsBoundAndTheSameInEveryInstructionSet) {
  double worst = 0.0;
  for (const Problem& p : Problems(GetParam())) {
    const Kernels& scalar = KernelsFor(Isa::kScalar);
    const Encoded encoded = Encode(scalar, p);
    const std::vector<float> expected = Multiply(scalar, p, encoded);
    worst = std::max(worst, CompareWithDoubles(p, encoded, expected));
    for (const Isa isa : RunnableIsas()) {
      const Encoded same = Encode(KernelsFor(isa), p);
      EXPECT_EQ(testing::BitDifference(encoded.storage, same.storage), "") << IsaName(isa);
      EXPECT_EQ(testing::BitDifference(expected, Multiply(KernelsFor(isa), p, same)), "")
          << IsaName(isa) << " " << Name(p.dtype) << " " << p.rows << "x" << p.cols << "x" << p.tokens;
    }
  }
  // Sums of floats that never show an error would not be floats.
  EXPECT_GT(worst, 1e-4) << "of the bound";
  EXPECT_LT(worst, 1.0);
}

TEST_P(MultiplyTest, EveryRowAndTokenIsItsOwn) {
  const DType dtype = GetParam();
  const int64_t cols = std::max<int64_t>(96, Info(dtype).block_values);
  const Problem p = MakeProblem(dtype, 11, cols, 7, false, 99);
  for (const Isa isa : RunnableIsas()) {
    const Kernels& kernels = KernelsFor(isa);
    const Encoded encoded = Encode(kernels, p);
    const std::vector<float> all = Multiply(kernels, p, encoded);
    std::vector<float> single(all.size());
    // Tokens through an index, rows one by one: out[t] must not notice.
    for (int32_t t = 0; t < 7; ++t) {
      const int32_t source[] = {t};
      for (int64_t r = 0; r < p.rows; ++r) {
        MultiplyArgs args = Args(p, encoded, single);
        args.row_begin = r;
        args.row_end = r + 1;
        args.tokens = 1;
        args.x.index = source;
        args.out.index = source;
        kernels.multiply(dtype)(args);
      }
    }
    EXPECT_EQ(testing::BitDifference(all, single), "") << IsaName(isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Floats, MultiplyTest, ::testing::ValuesIn(kFloatTypes),
                         [](const auto& test) { return std::string(Name(test.param)); });
INSTANTIATE_TEST_SUITE_P(Blocks, MultiplyTest, ::testing::ValuesIn(kBlockTypes),
                         [](const auto& test) { return std::string(Name(test.param)); });
INSTANTIATE_TEST_SUITE_P(Decoded, MultiplyTest, ::testing::ValuesIn(kDecodedTypes),
                         [](const auto& test) { return std::string(Name(test.param)); });

TEST(Multiply, EveryTypeThatDecodesIsTested) {
  for (uint32_t number = 0; number <= 1006; ++number) {
    const DTypeInfo* info = FindDType(number);
    if (info == nullptr || !info->can_decode) continue;
    const std::string name(info->name);
    const bool integer = (name[0] == 'I' && name[1] != 'Q') || name[0] == 'U' || name == "bool" || name == "BOOL";
    if (integer || info->dtype == DType::kF8_E5M2) continue;  // the same path as F64 and F8_E4M3
    bool listed = false;
    for (const DType dtype : kFloatTypes) listed = listed || dtype == info->dtype;
    for (const DType dtype : kBlockTypes) listed = listed || dtype == info->dtype;
    for (const DType dtype : kDecodedTypes) listed = listed || dtype == info->dtype;
    EXPECT_TRUE(listed) << name;
  }
}

TEST(Multiply, ExtremeCodesDoNotSaturate) {
  // The largest products of codes: -128 * -127 in every place, and the table ends of IQ4_NL.
  for (const Isa isa : RunnableIsas()) {
    for (const DType dtype : {DType::kQ8_0, DType::kIQ4_NL}) {
      Problem p = MakeProblem(dtype, 2, 128, 1, false, 1);
      p.x.assign(128, -127.0f);
      double each = 0.0;
      for (size_t at = 0; at < p.weights.size(); at += static_cast<size_t>(Info(dtype).block_bytes)) {
        const uint16_t one = FloatToHalf(1.0f);
        std::memcpy(p.weights.data() + at, &one, 2);
        std::memset(p.weights.data() + at + 2, dtype == DType::kQ8_0 ? 0x80 : 0x00, dtype == DType::kQ8_0 ? 32 : 16);
        each = dtype == DType::kQ8_0 ? -128.0 : -127.0;
      }
      const std::vector<float> out = Multiply(KernelsFor(isa), p, Encode(KernelsFor(isa), p));
      for (const float value : out) EXPECT_EQ(value, 128 * each * -127.0) << IsaName(isa) << " " << Name(dtype);
    }
  }
}

TEST(Multiply, NanAndInfinityReachTheResult) {
  for (const Isa isa : RunnableIsas()) {
    for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_1, DType::kQ4_K}) {
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        Problem p = MakeProblem(dtype, 3, 512, 2, false, 5);
        p.x[300] = bad;
        const std::vector<float> out = Multiply(KernelsFor(isa), p, Encode(KernelsFor(isa), p));
        for (size_t i = 0; i < out.size(); ++i) {
          EXPECT_EQ(std::isfinite(out[i]), i >= 3) << IsaName(isa) << " " << Name(dtype) << " " << bad << " at " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace bantam

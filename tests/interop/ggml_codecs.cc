// Decodes random blocks with ggml and with Bantam and compares every bit, then does the same for the encoders.
//
//   bantam-ggml-codecs <path to libggml-base.so> [blocks per type, default 1000000]
//
// Blocks are random bytes, so scales take every F16 value, NaN and infinity included. Two NaNs count as equal: which
// payload an operation on NaNs returns is not defined. Exit status 1 when anything differs.
#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "tensor/codec.h"

namespace bantam {
namespace {

// struct ggml_type_traits of ggml.h.
struct GgmlTypeTraits {
  const char* name;
  int64_t block_values;
  int64_t interleaved_block_values;
  size_t block_bytes;
  bool is_quantized;
  void (*to_float)(const void* src, float* dst, int64_t values);
  void (*from_float)(const float* src, void* dst, int64_t values);  // the reference quantiser
};

using GetTypeTraits = const GgmlTypeTraits* (*)(int type);

// One past the last type number of the release this is written against; higher numbers are out of its table's bounds.
constexpr uint32_t kGgmlTypes = 43;
constexpr int64_t kPartBlocks = 4096;

GetTypeTraits LoadGgml(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) Fail(ErrorCode::kIo, dlerror());  // its text names the path
  auto* symbol = dlsym(library, "ggml_get_type_traits");
  if (symbol == nullptr) Fail(ErrorCode::kUnsupported, "it has no function ggml_get_type_traits", path);
  return reinterpret_cast<GetTypeTraits>(symbol);
}

bool SameFloat(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

struct Comparison {
  int64_t blocks = 0, mismatches = 0;
};

// Parts of kPartBlocks blocks on all cores. compare(part, blocks) returns how many of a part's blocks differ; its
// random numbers come from the stream `part`.
Comparison CompareInParts(ThreadPool& pool, int64_t blocks, const std::function<int64_t(int64_t, int64_t)>& compare) {
  const int64_t parts = (blocks + kPartBlocks - 1) / kPartBlocks;
  std::vector<int64_t> mismatches(static_cast<size_t>(parts));
  pool.Run(parts, [&](int64_t part) {
    mismatches[static_cast<size_t>(part)] = compare(part, std::min(kPartBlocks, blocks - part * kPartBlocks));
  });
  Comparison result{blocks, 0};
  for (const int64_t count : mismatches) result.mismatches += count;
  return result;
}

uint64_t SeedOf(DType dtype, std::string_view purpose) {
  return static_cast<uint64_t>(dtype) << 8 | static_cast<uint64_t>(purpose.front());
}

Comparison CompareDecoders(ThreadPool& pool, const DTypeInfo& info, const GgmlTypeTraits& ggml, int64_t blocks) {
  return CompareInParts(pool, blocks, [&](int64_t part, int64_t part_blocks) {
    std::vector<uint32_t> words(static_cast<size_t>(part_blocks * info.block_bytes + 3) / 4);
    Rng rng(SeedOf(info.dtype, "decode"), static_cast<uint64_t>(part));
    for (uint32_t& word : words) word = rng.NextU32();
    const int64_t values = part_blocks * info.block_values;
    std::vector<float> theirs(static_cast<size_t>(values)), ours(static_cast<size_t>(values));
    ggml.to_float(words.data(), theirs.data(), values);
    DecodeRow(info.dtype, reinterpret_cast<const std::byte*>(words.data()), ours.data(), values);
    int64_t mismatches = 0;
    for (int64_t block = 0; block < part_blocks; ++block) {
      const float* expected = theirs.data() + block * info.block_values;
      const float* actual = ours.data() + block * info.block_values;
      if (!std::equal(expected, expected + info.block_values, actual, SameFloat)) ++mismatches;
    }
    return mismatches;
  });
}

// A block of floats of one of the kinds that encoders treat differently. All are below 2^18, so that every scale is a
// finite F16: Bantam refuses the others.
void FillBlock(Rng& rng, float* values, int64_t count) {
  constexpr uint32_t kLimit = (127u + 18u) << 23;  // the bits of 2^18
  const uint64_t kind = rng.NextBelow(8);
  const float spread = std::ldexp(1.0f, static_cast<int>(rng.NextBelow(156)) - 140);  // 2^-140 to 2^15
  for (int64_t i = 0; i < count; ++i) {
    const float sign = rng.NextBelow(2) != 0 ? 1.0f : -1.0f;
    switch (kind) {
      case 0:  // ties in rounding
        values[i] = static_cast<float>(static_cast<int>(rng.NextBelow(257)) - 128) / 16.0f;
        break;
      case 1:  // ties for the largest magnitude
        values[i] = sign * spread;
        break;
      case 2:  // nearly empty
        values[i] = rng.NextBelow(8) == 0 ? rng.NextFloat() - 0.5f : 0.0f;
        break;
      case 3:
        values[i] = sign * 0.0f;
        break;
      case 4:  // any bits
        values[i] = sign * std::bit_cast<float>(static_cast<uint32_t>(rng.NextBelow(kLimit)));
        break;
      default:  // bell-shaped, as weights are, at every scale: F16 scales that are subnormal or zero included
        values[i] = static_cast<float>(rng.NextGaussian()) * spread;
    }
  }
}

// Any bits at all, for formats that hold each value by itself. A NaN's payload may differ, so there are none.
void FillWithAnyBits(Rng& rng, float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    do {
      values[i] = std::bit_cast<float>(rng.NextU32());
    } while (std::isnan(values[i]));
  }
}

Comparison CompareEncoders(ThreadPool& pool, const DTypeInfo& info, const GgmlTypeTraits& ggml, int64_t blocks) {
  return CompareInParts(pool, blocks, [&](int64_t part, int64_t part_blocks) {
    Rng rng(SeedOf(info.dtype, "encode"), static_cast<uint64_t>(part));
    const int64_t values = part_blocks * info.block_values;
    std::vector<float> floats(static_cast<size_t>(values));
    for (int64_t block = 0; block < part_blocks; ++block) {
      const auto fill = info.block_values == 1 && block % 2 == 0 ? FillWithAnyBits : FillBlock;
      fill(rng, floats.data() + block * info.block_values, info.block_values);
    }
    std::vector<std::byte> theirs(static_cast<size_t>(part_blocks * info.block_bytes)), ours(theirs.size());
    ggml.from_float(floats.data(), theirs.data(), values);
    EncodeRow(info.dtype, floats.data(), ours.data(), values);
    int64_t mismatches = 0;
    for (int64_t block = 0; block < part_blocks; ++block) {
      const int64_t offset = block * info.block_bytes;
      if (std::memcmp(theirs.data() + offset, ours.data() + offset, static_cast<size_t>(info.block_bytes)) != 0)
        ++mismatches;
    }
    return mismatches;
  });
}

// Prints one line and returns whether all blocks agreed.
bool Report(std::string_view action, const DTypeInfo& info, const Comparison& result) {
  fmt::print("{:<8} {:<8} {:>10} {:>10}\n", info.name, action, result.blocks, result.mismatches);
  std::fflush(stdout);
  return result.mismatches == 0;
}

bool CompareAll(GetTypeTraits get_traits, int64_t blocks) {
  ThreadPool pool;
  bool same = true;
  fmt::print("{:<8} {:<8} {:>10} {:>10}\n", "type", "", "blocks", "mismatches");
  for (uint32_t number = 0; number < kGgmlTypes; ++number) {
    const DTypeInfo* info = FindDType(number);
    if (info == nullptr) continue;
    const GgmlTypeTraits& ggml = *get_traits(static_cast<int>(number));
    if (ggml.block_values != info->block_values || static_cast<int64_t>(ggml.block_bytes) != info->block_bytes) {
      fmt::print("{:<8} has {} values in {} bytes, in ggml {} in {}\n", info->name, info->block_values,
                 info->block_bytes, ggml.block_values, ggml.block_bytes);
      same = false;
      continue;
    }
    if (info->can_decode && ggml.to_float != nullptr) {
      same &= Report("decode", *info, CompareDecoders(pool, *info, ggml, blocks));
    }
    if (info->can_encode && ggml.from_float != nullptr) {
      same &= Report("encode", *info, CompareEncoders(pool, *info, ggml, blocks));
    }
  }
  return same;
}

int Main(int argc, char** argv) {
  int64_t blocks = 1'000'000;
  if (argc == 3) {
    const std::string_view text = argv[2];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), blocks);
    if (error != std::errc() || end != text.data() + text.size() || blocks <= 0) argc = 0;
  }
  if (argc != 2 && argc != 3) {
    Fail(ErrorCode::kUsage, "usage: bantam-ggml-codecs <path to libggml-base.so> [blocks per type]");
  }
  return CompareAll(LoadGgml(argv[1]), blocks) ? 0 : 1;
}

}  // namespace
}  // namespace bantam

int main(int argc, char** argv) {
  try {
    return bantam::Main(argc, argv);
  } catch (const bantam::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return bantam::ExitStatus(error.code());
  }
}

#include "math/gemm.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "math/gemm_backend.h"
#include "math/parallel.h"

namespace bantam {
namespace {

// Waking the pool takes some 20 µs, in which one core does about this many multiply-adds.
constexpr int64_t kMinParallelProducts = int64_t{1} << 21;

#ifdef BANTAM_HAVE_ONEDNN
constexpr bool kHaveOneDnn = true;
#else
constexpr bool kHaveOneDnn = false;
#endif
#ifdef BANTAM_HAVE_CBLAS
constexpr bool kHaveCblas = true;
#else
constexpr bool kHaveCblas = false;
#endif
static_assert(kHaveOneDnn || kHaveCblas, "src/math needs oneDNN or a CBLAS");

std::atomic<GemmBackend> current_backend{kHaveOneDnn ? GemmBackend::kOneDnn : GemmBackend::kCblas};

void RunTile(const GemmCall& call) {
  UseOneOpenMpThread();
#ifdef BANTAM_HAVE_ONEDNN
  if (current_backend == GemmBackend::kOneDnn) return OneDnnGemm(call);
#endif
#ifdef BANTAM_HAVE_CBLAS
  if (current_backend == GemmBackend::kCblas) return CblasGemm(call);
#endif
}

// How C[m, n] is cut into tiles, all but the last of a row or column alike. Chosen by the shape alone, for the least work of
// the busier of two threads, in multiply-adds per one that is asked for:
//   padding   the generated kernels of both libraries compute blocks of 8 rows and 48 columns (oneDNN's BF16) or the like
//   packing   of rows x k and columns x k values for rows x columns x k products; a value takes as long as some 16 products
//   waiting   an odd tile at the end leaves a thread idle; eight tiles at least, for more threads than two (sixteen cost 2 %)
// A training step of the benchmark became 10 % faster on two cores than with tiles of 256 x 256.
struct Tiling {
  static constexpr int64_t kBlockRows = 8, kBlockColumns = 48, kLargestSide = 512, kEnoughTiles = 8;
  static constexpr double kPacking = 16.0;

  int64_t rows = 0, columns = 0;  // of a tile

  Tiling(int64_t m, int64_t n) {
    double least = std::numeric_limits<double>::infinity();
    for (const int64_t tile_rows : Sides(m, kBlockRows)) {
      for (const int64_t tile_columns : Sides(n, kBlockColumns)) {
        const double cost = Cost(m, n, tile_rows, tile_columns);
        if (cost >= least) continue;
        least = cost;
        rows = tile_rows;
        columns = tile_columns;
      }
    }
  }
  int64_t Down(int64_t m) const { return Ceiling(m, rows); }
  int64_t Across(int64_t n) const { return Ceiling(n, columns); }

 private:
  static int64_t Ceiling(int64_t a, int64_t b) { return (a + b - 1) / b; }

  // The sides that cut `size` into nearly equal parts of whole blocks.
  static std::vector<int64_t> Sides(int64_t size, int64_t block) {
    std::vector<int64_t> sides;
    const int64_t blocks = Ceiling(size, block), fewest = Ceiling(size, kLargestSide);
    for (int64_t parts = fewest; parts <= fewest + kEnoughTiles && parts <= blocks; ++parts) {
      sides.push_back(Ceiling(blocks, parts) * block);
    }
    return sides;
  }

  static double Cost(int64_t m, int64_t n, int64_t rows, int64_t columns) {
    const int64_t tiles = Ceiling(m, rows) * Ceiling(n, columns), pairs = std::max(Ceiling(tiles, 2), kEnoughTiles / 2);
    const auto r = static_cast<double>(rows), c = static_cast<double>(columns);
    return static_cast<double>(pairs) * r * c * (1.0 + kPacking / r + kPacking / c);
  }
};

// Calls tile(row, column, rows, columns) for every tile of C[m, n].
template <typename Tile>
void ForTiles(int64_t m, int64_t n, int64_t k, const Tile& tile) {
  if (m * n < kMinParallelProducts / k) return tile(0, 0, m, n);
  const Tiling tiling(m, n);
  const int64_t down = tiling.Down(m);
  WorkbenchPool().Run(down * tiling.Across(n), [&](int64_t index) {
    // Down first: neighbours in time share the columns of B, the larger operand of a linear layer.
    const int64_t row = index % down * tiling.rows, column = index / down * tiling.columns;
    tile(row, column, std::min(tiling.rows, m - row), std::min(tiling.columns, n - column));
  });
}

// C = beta * C, for products without an inner dimension.
void Scale(int64_t m, int64_t n, float beta, float* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == 0.0f ? 0.0f : beta * c[i * ldc + j];
  }
}

}  // namespace

void UseOneOpenMpThread() {
  using SetThreads = void (*)(int);
  static const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);  // OpenMP keeps this number per thread, so every worker has to say it
}

bool GemmBackendAvailable(GemmBackend backend) { return backend == GemmBackend::kOneDnn ? kHaveOneDnn : kHaveCblas; }

void SetGemmBackend(GemmBackend backend) {
  if (!GemmBackendAvailable(backend)) {
    const std::string name = backend == GemmBackend::kOneDnn ? "oneDNN" : "CBLAS";
    Fail(ErrorCode::kUnsupported, "this build has no " + name, "GEMM backend",
         "build with -DBANTAM_GEMM=auto where it is installed");
  }
  current_backend = backend;
}

GemmBackend CurrentGemmBackend() { return current_backend; }

void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
          const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) return Scale(m, n, beta, c, ldc);
  ForTiles(m, n, k, [&](int64_t row, int64_t column, int64_t rows, int64_t columns) {
    RunTile({.transpose_a = transpose_a,
             .transpose_b = transpose_b,
             .m = rows,
             .n = columns,
             .k = k,
             .alpha = alpha,
             .a = a + (transpose_a ? row : row * lda),
             .lda = lda,
             .b = b + (transpose_b ? column * ldb : column),
             .ldb = ldb,
             .beta = beta,
             .c = c + row * ldc + column,
             .ldc = ldc});
  });
}

bool GemmBf16Supported() {
#ifdef BANTAM_HAVE_ONEDNN
  return OneDnnHasBf16();
#else
  return false;
#endif
}

void GemmBf16(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const uint16_t* a, int64_t lda,
              const uint16_t* b, int64_t ldb, bool accumulate, float* c, int64_t ldc) {
  if (!GemmBf16Supported()) {
    Fail(ErrorCode::kUnsupported, "bfloat16 products need oneDNN and a CPU with AVX-512", "bf16", "leave bf16 off");
  }
#ifdef BANTAM_HAVE_ONEDNN
  if (m == 0 || n == 0) return;
  if (k == 0) return Scale(m, n, accumulate ? 1.0f : 0.0f, c, ldc);
  ForTiles(m, n, k, [&](int64_t row, int64_t column, int64_t rows, int64_t columns) {
    UseOneOpenMpThread();
    OneDnnGemmBf16({.transpose_a = transpose_a,
                    .transpose_b = transpose_b,
                    .m = rows,
                    .n = columns,
                    .k = k,
                    .a = a + (transpose_a ? row : row * lda),
                    .lda = lda,
                    .b = b + (transpose_b ? column * ldb : column),
                    .ldb = ldb,
                    .accumulate = accumulate,
                    .c = c + row * ldc + column,
                    .ldc = ldc});
  });
#endif
}

}  // namespace bantam

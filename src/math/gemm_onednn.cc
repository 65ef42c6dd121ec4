// oneDNN 2 (op descriptors) and 3 (none): sgemm is the same call in both, the bfloat16 product needs the matmul
// primitive.
#include <oneapi/dnnl/dnnl_version.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <map>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "math/gemm_backend.h"

namespace bantam {
namespace {

using dnnl::memory;

dnnl::matmul::primitive_desc MatmulDescription(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b,
                                               const memory::desc& c, bool accumulate) {
  dnnl::primitive_attr attributes;
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum();
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::matmul::primitive_desc(engine, a, b, c, attributes);
#else
  return dnnl::matmul::primitive_desc(dnnl::matmul::desc(a, b, c), attributes, engine);
#endif
}

const dnnl::engine& Engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

}  // namespace

void OneDnnGemm(const GemmCall& call) {
  const dnnl::status status =
      dnnl::sgemm(call.transpose_a ? 'T' : 'N', call.transpose_b ? 'T' : 'N', call.m, call.n, call.k, call.alpha,
                  call.a, call.lda, call.b, call.ldb, call.beta, call.c, call.ldc);
  if (status != dnnl::status::success) {
    Fail(ErrorCode::kInternal, "oneDNN's sgemm failed with status " + std::to_string(static_cast<int>(status)), "GEMM");
  }
}

bool OneDnnHasBf16() {
  // The values of cpu_isa are masks that grow with the instruction set; everything from avx512_core on has bfloat16
  // kernels or emulates them. oneDNN 3 also offers AVX-VNNI-2 without AVX-512, whose mask does not contain
  // avx512_core's.
  static const bool has = [] {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
    return (isa & needed) == needed;
  }();
  return has;
}

namespace {

// A product of one shape with its operands' descriptions. Creating these takes 5 µs even when oneDNN still holds the code, as
// long as the product of a block of attention itself.
struct Product {
  dnnl::matmul primitive;
  memory a, b, c;
  std::unordered_map<int, memory> arguments;  // a, b and c as execute() takes them
};

using ProductShape = std::array<int64_t, 9>;

Product MakeProduct(const GemmBf16Call& call) {
  const auto strides = [](bool transpose, int64_t ld) { return transpose ? memory::dims{1, ld} : memory::dims{ld, 1}; };
  const memory::desc a({call.m, call.k}, memory::data_type::bf16, strides(call.transpose_a, call.lda));
  const memory::desc b({call.k, call.n}, memory::data_type::bf16, strides(call.transpose_b, call.ldb));
  const memory::desc c({call.m, call.n}, memory::data_type::f32, memory::dims{call.ldc, 1});
  Product product{dnnl::matmul(MatmulDescription(Engine(), a, b, c, call.accumulate)),
                  memory(a, Engine(), nullptr),
                  memory(b, Engine(), nullptr),
                  memory(c, Engine(), nullptr),
                  {}};
  product.arguments = {{DNNL_ARG_SRC, product.a}, {DNNL_ARG_WEIGHTS, product.b}, {DNNL_ARG_DST, product.c}};
  return product;
}

// The calling thread's own product of this shape: primitives and memories must not be shared between threads.
Product& ProductOf(const GemmBf16Call& call) {
  constexpr size_t kMostShapes = 1024;  // as many as oneDNN's own cache holds
  thread_local std::map<ProductShape, Product> products;
  const ProductShape shape{call.transpose_a, call.transpose_b, call.m,   call.n,         call.k,
                           call.lda,         call.ldb,         call.ldc, call.accumulate};
  const auto found = products.find(shape);
  if (found != products.end()) return found->second;
  if (products.size() == kMostShapes) products.clear();
  return products.emplace(shape, MakeProduct(call)).first->second;
}

}  // namespace

void OneDnnGemmBf16(const GemmBf16Call& call) {
  thread_local dnnl::stream stream(Engine());
  try {
    Product& product = ProductOf(call);
    product.a.set_data_handle(const_cast<uint16_t*>(call.a), stream);
    product.b.set_data_handle(const_cast<uint16_t*>(call.b), stream);
    product.c.set_data_handle(call.c, stream);
    product.primitive.execute(stream, product.arguments);
    stream.wait();
  } catch (const dnnl::error& error) {
    Fail(ErrorCode::kInternal, std::string("oneDNN's bfloat16 matmul failed: ") + error.what(), "GEMM");
  }
}

}  // namespace bantam

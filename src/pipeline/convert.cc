#include "pipeline/convert.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "formats/gguf.h"
#include "model/gguf_metadata.h"
#include "pipeline/model_card.h"
#include "tensor/codec.h"

namespace bantam {
namespace {

// Floats decoded at a time: 16 MiB, far above what a thread needs to be busy and far below any model's size.
constexpr int64_t kChunkValues = int64_t{1} << 22;
// Values per piece of work: a few tenths of a millisecond, so that threads end together.
constexpr int64_t kPieceValues = int64_t{1} << 16;

constexpr const char* kEmbedding = "token_embd.weight";

// One row per type a conversion can write. `largest` is the magnitude from which its encoding is no longer finite: the
// first float that rounds to infinity in binary16 (65520) or bfloat16 (2^128 - 2^119), and for the block types the
// first whose scale |x| / 127 or |x| / 8 does in binary16. file_type: llama.h, enum llama_ftype.
struct TargetType {
  DType dtype;
  uint32_t file_type;
  double largest;
};
constexpr TargetType kTargets[] = {
    {DType::kF32, 0, std::numeric_limits<double>::infinity()},
    {DType::kF16, 1, 65520.0},
    {DType::kQ4_0, 2, 65520.0 * 8.0},
    {DType::kQ8_0, 7, 65520.0 * 127.0},
    {DType::kBF16, 32, 0x1.ffp127},
};

const TargetType& FindTarget(DType dtype) {
  for (const TargetType& target : kTargets) {
    if (target.dtype == dtype) return target;
  }
  Fail(ErrorCode::kUnsupported, "cannot write " + std::string(Name(dtype)), "--type", "f32, f16, bf16, q8_0 or q4_0");
}

bool IsQuantised(DType dtype) { return Info(dtype).block_values > 1; }

bool TakesType(const TensorSpec& spec) {
  if (spec.shape.size() < 2) return false;
  switch (spec.role) {
    case TensorRole::kEmbedding:
    case TensorRole::kOutput:
    case TensorRole::kAttention:
    case TensorRole::kFfn:
    case TensorRole::kExpert:
      return true;
    case TensorRole::kPosition:
    case TensorRole::kNorm:
    case TensorRole::kBias:
    case TensorRole::kRouter:
    case TensorRole::kRopeFactors:
      return false;
  }
  return false;
}

const std::string& SourceOf(const ConvertedTensor& tensor) {
  return tensor.copy_of.empty() ? tensor.name : tensor.copy_of;
}

uint64_t StoredBytes(DType dtype, const Shape& shape) {
  const int64_t row_values = shape.empty() ? 1 : shape.back();
  return row_values == 0 ? 0 : static_cast<uint64_t>(RowBytes(dtype, row_values) * (ElementCount(shape) / row_values));
}

// Decodes, checks and encodes rows [begin, end) of `source` into `out`.
void EncodeRows(const Tensor& source, const ConvertedTensor& plan, int64_t begin, int64_t end, std::byte* out) {
  const int64_t values = (end - begin) * source.row_values();
  std::vector<float> floats(values);
  const Tensor rows = source.Rows(begin, end);
  DecodeRow(source.dtype, rows.bytes.data(), floats.data(), values);
  const double largest = FindTarget(plan.to).largest;
  for (int64_t i = 0; i < values; ++i) {
    if (std::abs(floats[i]) < largest) continue;
    const bool finite = std::isfinite(floats[i]);
    Fail(ErrorCode::kNumeric,
         finite ? fmt::format("{} is too large for {}", floats[i], Name(plan.to)) : fmt::format("is {}", floats[i]),
         fmt::format("{}[{}]", plan.name, begin * source.row_values() + i),
         finite ? "bf16 and f32 hold it" : "the source is damaged");
  }
  if (plan.to == source.dtype) {
    std::copy(rows.bytes.begin(), rows.bytes.end(), out);
  } else {
    EncodeRow(plan.to, floats.data(), out, values);
  }
}

void WriteTensor(const Tensor& source, const ConvertedTensor& plan, GgufWriter& writer, ThreadPool& pool) {
  const int64_t row_bytes = RowBytes(plan.to, source.row_values());
  const int64_t row_values = std::max<int64_t>(source.row_values(), 1);
  const int64_t chunk_rows = std::max<int64_t>(kChunkValues / row_values, 1);
  const int64_t piece_rows = std::max<int64_t>(kPieceValues / row_values, 1);
  std::vector<std::byte> bytes;
  for (int64_t first = 0; first < source.rows(); first += chunk_rows) {
    ThrowIfCancelled();
    const int64_t count = std::min(chunk_rows, source.rows() - first);
    bytes.resize(count * row_bytes);
    pool.ForRanges(count, piece_rows, [&](int64_t begin, int64_t end) {
      EncodeRows(source, plan, first + begin, first + end, bytes.data() + begin * row_bytes);
    });
    writer.Append(bytes);
  }
}

std::string FallbackName(const std::filesystem::path& path) {
  const std::filesystem::path normal = path.lexically_normal();
  return normal.has_filename() ? normal.stem().string() : normal.parent_path().filename().string();
}

// The front matter of a card of any size lies in its first bytes.
ModelCard ReadModelCard(const std::filesystem::path& folder) {
  constexpr size_t kFrontMatterBytes = 65536;
  const std::filesystem::path path = folder / "README.md";
  if (!std::filesystem::is_regular_file(path)) return {};
  const auto file = MappedFile::Open(path);
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  return ParseModelCard(text.substr(0, kFrontMatterBytes));
}

GgufMetadata MakeMetadata(const Model& model, const std::optional<Vocabulary>& vocabulary,
                          const ConvertOptions& options) {
  GgufMetadata metadata(model.path().string());
  if (model.gguf() != nullptr) {
    metadata = model.gguf()->metadata();
    for (const char* key : {"split.no", "split.count", "split.tensors.count"}) metadata.Erase(key);
  } else {
    WriteArchitecture(GgufArchitecture(model.architecture()), metadata);
    if (model.hf() != nullptr) WriteModelCard(ReadModelCard(model.hf()->path), metadata);
  }
  if (metadata.GetString("general.name", "").empty()) {
    metadata.Set("general.name", GgufValue::String(FallbackName(model.path())));
  }
  metadata.Set("general.file_type", GgufValue::U32(FindTarget(options.type).file_type));
  if (IsQuantised(options.type)) {
    // GGML_QNT_VERSION: 2 is the layout of every block type since May 2023.
    metadata.Set("general.quantization_version", GgufValue::U32(2));
  } else {
    metadata.Erase("general.quantization_version");
  }
  if (vocabulary) {
    vocabulary->ToGguf(metadata, model.architecture().vocab_size);
  } else if (metadata.Find("tokenizer.ggml.model") == nullptr) {
    Fail(ErrorCode::kUsage, "has no tokenizer, and a GGUF without one cannot be run", model.path().string(),
         "give its tokenizer.json, tokenizer.bin or a GGUF that has one with --tokenizer");
  }
  return metadata;
}

}  // namespace

int64_t ConvertReport::fallbacks() const {
  return std::count_if(tensors.begin(), tensors.end(), [](const ConvertedTensor& tensor) { return tensor.fallback; });
}

uint64_t ConvertReport::copied_bytes() const {
  return std::accumulate(tensors.begin(), tensors.end(), uint64_t{0}, [](uint64_t sum, const ConvertedTensor& tensor) {
    return tensor.copy_of.empty() ? sum : sum + tensor.bytes;
  });
}

Json ToJson(const ConvertReport& report) {
  Json tensors = Json::array();
  for (const ConvertedTensor& tensor : report.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"shape", tensor.shape},
                       {"from", Name(tensor.from)},
                       {"type", Name(tensor.to)},
                       {"bytes", tensor.bytes},
                       {"fallback", tensor.fallback},
                       {"copy_of", tensor.copy_of.empty() ? Json() : Json(tensor.copy_of)}});
  }
  return {{"schema", "bantam.convert/1"},          {"source_bytes", report.source_bytes},
          {"tensor_bytes", report.tensor_bytes},   {"file_bytes", report.file_bytes},
          {"copied_bytes", report.copied_bytes()}, {"fallbacks", report.fallbacks()},
          {"tensors", std::move(tensors)}};
}

std::vector<ConvertedTensor> PlanConversion(const Model& model, const ConvertOptions& options) {
  FindTarget(options.type);
  std::vector<ConvertedTensor> plan;
  for (const TensorSpec& spec : TensorSpecs(GgufArchitecture(model.architecture()))) {
    ConvertedTensor tensor;
    tensor.name = spec.name;
    tensor.shape = spec.shape;
    if (!model.Has(spec.name)) tensor.copy_of = kEmbedding;  // the one tensor that GgufArchitecture adds is the head
    tensor.from = model.dtype(SourceOf(tensor));
    if (TakesType(spec)) {
      tensor.fallback = spec.shape.back() % Info(options.type).block_values != 0;
      tensor.to = tensor.fallback ? DType::kF16 : options.type;
    }
    if (IsQuantised(tensor.from) && IsQuantised(tensor.to) && tensor.from != tensor.to && !options.allow_requantize) {
      Fail(ErrorCode::kUnsupported,
           fmt::format("{} is {} already, making it {} would lose quality twice", spec.name, Name(tensor.from),
                       Name(tensor.to)),
           model.path().string(), "start from the original weights, or insist with --allow-requantize");
    }
    tensor.bytes = StoredBytes(tensor.to, spec.shape);
    plan.push_back(std::move(tensor));
  }
  return plan;
}

ConvertReport Convert(const Model& model, const std::optional<Vocabulary>& vocabulary, const ConvertOptions& options,
                      const std::filesystem::path& output, ThreadPool& pool) {
  ConvertReport report;
  report.tensors = PlanConversion(model, options);
  GgufWriter writer(output, MakeMetadata(model, vocabulary, options));
  for (const ConvertedTensor& tensor : report.tensors) {
    writer.Declare(tensor.name, tensor.to, tensor.shape);
    report.tensor_bytes += tensor.bytes;
  }
  report.file_bytes = writer.TotalBytes();
  writer.Begin();
  Progress progress("Converting", "tensors", report.tensors.size());
  for (const ConvertedTensor& tensor : report.tensors) {
    const Tensor source = model.Load(SourceOf(tensor));
    if (tensor.copy_of.empty()) report.source_bytes += source.bytes.size();
    WriteTensor(source, tensor, writer, pool);
    progress.Advance(1, tensor.name);
  }
  writer.Commit();
  return report;
}

}  // namespace bantam

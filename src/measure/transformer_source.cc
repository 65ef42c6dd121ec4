#include "measure/transformer_source.h"

#include <utility>
#include <vector>

namespace bantam {
namespace {

class TransformerSource : public LogitSource {
 public:
  TransformerSource(std::shared_ptr<const Transformer> transformer, std::string description)
      : transformer_(std::move(transformer)), description_(std::move(description)) {}

  int64_t vocab_size() const override { return transformer_->architecture().vocab_size; }
  std::string description() const override { return description_; }

  void Evaluate(std::span<const int32_t> tokens,
                const std::function<void(int64_t, std::span<const float>)>& row) override {
    const std::vector<std::vector<int32_t>> sequences = {{tokens.begin(), tokens.end()}};
    const std::vector<float> logits = transformer_->Forward(sequences);  // [tokens, vocab]
    const int64_t vocab = vocab_size();
    for (int64_t t = 0; t < static_cast<int64_t>(tokens.size()); ++t) {
      row(t, std::span<const float>(logits).subspan(t * vocab, vocab));
    }
  }

 private:
  std::shared_ptr<const Transformer> transformer_;
  std::string description_;
};

}  // namespace

std::unique_ptr<LogitSource> MakeTransformerSource(std::shared_ptr<const Transformer> transformer,
                                                   std::string description) {
  return std::make_unique<TransformerSource>(std::move(transformer), std::move(description));
}

}  // namespace bantam

// A really trained model against facts that are known about it: the text it writes and how well it predicts.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/llama2c.h"
#include "model/model.h"
#include "testing/testing.h"
#include "transformer/naive_model.h"
#include "transformer/transformer.h"

namespace bantam {
namespace {

constexpr int32_t kBos = 1;

// llama2.c's encoder: bytes to tokens, then the pair whose union has the best score is merged until none is a token.
class Encoder {
 public:
  explicit Encoder(const Llama2cTokenizer& tokenizer) : tokenizer_(tokenizer) {
    for (size_t i = 0; i < tokenizer.tokens.size(); ++i) numbers_.emplace(tokenizer.tokens[i], static_cast<int32_t>(i));
  }

  std::vector<int32_t> Encode(const std::string& text) const {
    std::vector<int32_t> tokens{kBos};
    for (const char c : " " + text) {
      const int32_t token = Find(std::string(1, c));
      tokens.push_back(token >= 0 ? token : static_cast<unsigned char>(c) + 3);  // bytes follow <unk>, <s>, </s>
    }
    while (MergeBest(tokens)) {
    }
    return tokens;
  }

 private:
  int32_t Find(const std::string& piece) const {
    const auto found = numbers_.find(piece);
    return found == numbers_.end() ? -1 : found->second;
  }

  bool MergeBest(std::vector<int32_t>& tokens) const {
    float best_score = -INFINITY;
    size_t best = 0;
    int32_t merged = -1;
    for (size_t i = 1; i + 1 < tokens.size(); ++i) {
      const int32_t token = Find(tokenizer_.tokens[tokens[i]] + tokenizer_.tokens[tokens[i + 1]]);
      if (token < 0 || tokenizer_.scores[token] <= best_score) continue;
      best_score = tokenizer_.scores[token], best = i, merged = token;
    }
    if (merged < 0) return false;
    tokens[best] = merged;
    tokens.erase(tokens.begin() + static_cast<int64_t>(best) + 1);
    return true;
  }

  const Llama2cTokenizer& tokenizer_;
  std::unordered_map<std::string, int32_t> numbers_;
};

class GoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    BANTAM_NEEDS_DATA();
    const auto folder = testing::DataFolder() / "models/stories260K";
    model_ = Model::Open(folder / "stories260K.bin");
    transformer_ = Transformer::Load(*model_);
    tokenizer_ = ReadLlama2cTokenizer(folder / "tok512.bin", 512);
  }

  // The first `count` TinyStories as tokens, cut to the context of 512.
  std::vector<std::vector<int32_t>> Stories(int count) const {
    std::ifstream file(testing::DataFolder() / "text/tinystories-1000.txt");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::string separator = "\n<|endoftext|>\n";
    const Encoder encoder(tokenizer_);
    std::vector<std::vector<int32_t>> stories;
    for (size_t start = 0; static_cast<int>(stories.size()) < count;) {
      const size_t end = text.find(separator, start);
      stories.push_back(encoder.Encode(text.substr(start, end - start)));
      stories.back().resize(std::min<size_t>(stories.back().size(), 512));
      start = end + separator.size();
    }
    return stories;
  }

  std::shared_ptr<const Model> model_;
  std::unique_ptr<Transformer> transformer_;
  Llama2cTokenizer tokenizer_;
};

TEST_F(GoldenTest, GreedyText) {
  const std::string expected =
      "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a "
      "big, red ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, let's go to the "
      "park.\" "
      "Lily was sad and didn't know what to do. She said, \"I want to play with your ball, but I can't find it.\"";
  std::vector<std::vector<int32_t>> sequence{Encoder(tokenizer_).Encode("Once upon a time")};
  std::string text = " Once upon a time";
  while (text.size() < expected.size() + 1) {
    const std::vector<float> logits = transformer_->Forward(sequence);
    const auto last = logits.end() - 512;
    const int32_t next = static_cast<int32_t>(std::max_element(last, logits.end()) - last);
    sequence[0].push_back(next);
    ASSERT_NE(next, kBos) << "the story ended early: " << text;
    const std::string& piece = tokenizer_.tokens[next];
    text += piece == "<0x0A>" ? "\n" : piece;  // the only byte token in this text
  }
  EXPECT_EQ(text.substr(1, expected.size()), expected);
}

// llama2.c's model table gives a validation loss of 1.297. Here 20 stories are scored, each from its own start; their means
// differ with a standard deviation of 0.15, so the mean of 20 has a standard error of 0.033, and twice that is allowed.
TEST_F(GoldenTest, NegativeLogLikelihoodOfStories) {
  double sum = 0;
  int64_t count = 0;
  for (const std::vector<int32_t>& story : Stories(20)) {
    const std::vector<float> logits = transformer_->Forward(std::vector<std::vector<int32_t>>{story});
    for (size_t i = 0; i + 1 < story.size(); ++i) {
      double total = 0;
      for (size_t token = 0; token < 512; ++token) total += std::exp(double{logits[i * 512 + token]});
      sum += std::log(total) - logits[i * 512 + story[i + 1]];
      ++count;
    }
  }
  EXPECT_NEAR(sum / static_cast<double>(count), 1.297, 0.066);
}

// Trained weights have larger and more uneven values than random ones. Five layers of products up to 172 wide: by the
// derivation in transformer_test.cc sqrt(31 * (0.6 sqrt(172))^2 + 50) u = 45 u, doubled, the largest of 150000 logits 5
// deviations out: 2.7e-5. Measured: 2.8e-6.
TEST_F(GoldenTest, MatchesNaiveModel) {
  const std::vector<std::vector<int32_t>> stories = Stories(1);
  const std::vector<float> logits = transformer_->Forward(stories);
  const std::vector<double> expected = NaiveLogits(*model_, stories[0]);
  ASSERT_EQ(logits.size(), expected.size());
  double mean = 0, squares = 0, largest = 0;
  for (const double value : expected) mean += value / static_cast<double>(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    squares += (expected[i] - mean) * (expected[i] - mean);
    largest = std::max(largest, std::abs(logits[i] - expected[i]));
  }
  EXPECT_LT(largest / std::sqrt(squares / static_cast<double>(expected.size())), 2.7e-5);
}

}  // namespace
}  // namespace bantam

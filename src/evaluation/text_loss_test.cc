#include "evaluation/text_loss.h"

#include "evaluation/test_subject.h"
#include "measure/log_softmax.h"
#include "measure/statistics.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::TestSubject;
using ::testing::HasSubstr;

TEST(TextLoss, ScoresEachDocumentFromItsSecondToken) {
  const std::string first = "the eel is late", second = "rain again on the quay";
  const auto pool = std::make_shared<ThreadPool>(1);
  const TextLoss loss =
      MeasureTextLoss(TestSubject(), first + "\n<|endoftext|>\n" + second + "\n<|endoftext|>\n", "text", pool);
  std::vector<double> nll;
  for (const std::string& text : {first, second}) {
    const std::vector<int32_t> ids = TestSubject().tokenizer->Encode(text);  // BOS first
    const auto session = Session::Create(TestSubject().weights, {.context = 64});
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto logits = session->Forward({&ids[i], 1});
      nll.push_back(LogSumExp(logits) - logits[static_cast<size_t>(ids[i + 1])]);
    }
  }
  EXPECT_EQ(loss.nll, nll);
  EXPECT_EQ(loss.bytes, static_cast<int64_t>(first.size() + second.size()));
  EXPECT_EQ(loss.documents, 2);
  EXPECT_EQ(loss.truncated, 0);
  EXPECT_NEAR(loss.nll_per_byte() * static_cast<double>(loss.bytes), Mean(nll).value * static_cast<double>(nll.size()),
              1e-9);
}

TEST(TextLoss, CutsLongDocuments) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += "!?";
  const TextLoss loss = MeasureTextLoss(TestSubject(), text, "text", std::make_shared<ThreadPool>(1));
  EXPECT_EQ(loss.nll.size(), 511u);
  EXPECT_EQ(loss.truncated, 1);
}

TEST(TextLoss, NeedsText) {
  EXPECT_BANTAM_ERROR(MeasureTextLoss(TestSubject(), "\n<|endoftext|>\n", "empty.txt", std::make_shared<ThreadPool>(1)),
                      ErrorCode::kUsage, HasSubstr("empty.txt"));
}

}  // namespace
}  // namespace bantam

// What a conversation becomes, and what is forgotten when it outgrows the context.
#include "common/chat.h"

#include "testing/testing.h"
#include "testing/tiny_model.h"

namespace bantam::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTemplate[] =
    "{% for m in messages %}{{ m.role[0] }}{{ m.content }}{% endfor %}{% if add_generation_prompt %}a{% endif %}";

// One token per letter.
std::shared_ptr<const Tokenizer> Letters(bool add_bos) {
  Vocabulary vocabulary = Vocabulary::FromLlama2c(bantam::testing::TinyTokenizer());
  vocabulary.add_bos = add_bos;
  vocabulary.add_space_prefix = false;
  return std::make_shared<Tokenizer>(std::move(vocabulary));
}

std::string Text(const Tokenizer& tokenizer, std::span<const int32_t> ids) { return tokenizer.Decode(ids, false); }

TEST(ChatTest, RendersTheTemplateOnceWithBos) {
  const auto tokenizer = Letters(true);
  Chat chat(kTemplate, tokenizer, 0);
  chat.Add("user", "hi");
  int64_t forgotten = -1;
  const auto ids = chat.Render(100, &forgotten);
  EXPECT_EQ(ids.front(), 1);
  EXPECT_EQ(Text(*tokenizer, std::span(ids).subspan(1)), "uhia");
  EXPECT_EQ(forgotten, 0);

  // A template that writes BOS itself gets no second one.
  Chat with_bos(std::string("{{ bos_token }}") + kTemplate, tokenizer, 0);
  with_bos.Add("user", "hi");
  EXPECT_EQ(with_bos.Render(100, &forgotten), ids);
}

TEST(ChatTest, ForgetsTheOldestTurnsAndKeepsTheSystemMessage) {
  const auto tokenizer = Letters(false);
  Chat chat(kTemplate, tokenizer, 0);
  chat.Add("system", "sys");
  for (const char* word : {"one", "two", "three"}) {
    chat.Add("user", word);
    chat.Add("assistant", "ok");
  }
  chat.Add("user", "last");
  int64_t forgotten = 0;
  // All of it: ssys (4) + uone aok (4 + 3) + utwo aok (7) + uthree aok (9) + ulast (5) + a (1) = 33 letters.
  EXPECT_EQ(Text(*tokenizer, chat.Render(33, &forgotten)), "ssysuoneaokutwoaokuthreeaokulasta");
  EXPECT_EQ(forgotten, 0);
  EXPECT_EQ(Text(*tokenizer, chat.Render(32, &forgotten)), "ssysutwoaokuthreeaokulasta");
  EXPECT_EQ(forgotten, 2);
  EXPECT_EQ(Text(*tokenizer, chat.Render(10, &forgotten)), "ssysulasta");
  EXPECT_EQ(forgotten, 4);
  EXPECT_BANTAM_ERROR(chat.Render(9, &forgotten), ErrorCode::kUsage, HasSubstr("takes 10 tokens"));
}

TEST(ChatTest, WithoutASystemMessageTheFirstTurnGoes) {
  const auto tokenizer = Letters(false);
  Chat chat(kTemplate, tokenizer, 0);
  chat.Add("user", "one");
  chat.Add("assistant", "ok");
  chat.Add("user", "two");
  int64_t forgotten = 0;
  EXPECT_EQ(Text(*tokenizer, chat.Render(5, &forgotten)), "utwoa");
  EXPECT_EQ(forgotten, 2);
  EXPECT_EQ(chat.messages().size(), 1u);
}

TEST(ChatTest, KeepsRoomForTheAnswer) {
  EXPECT_EQ(ChatRoom(1000, -1), 750);
  EXPECT_EQ(ChatRoom(1000, 100), 900);
  EXPECT_EQ(ChatRoom(1000, 5000), 500);
  EXPECT_EQ(ChatRoom(1000, 0), 1000);
}

}  // namespace
}  // namespace bantam::cli

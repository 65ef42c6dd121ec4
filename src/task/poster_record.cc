#include "task/poster_record.h"

#include <algorithm>

#include "base/error.h"

namespace bantam {
namespace {

const Json& Object(const Json& nodes, const char* key) {
  if (!nodes.is_object() || !nodes.contains(key) || !nodes.at(key).is_object()) {
    Fail(ErrorCode::kFormat, std::string("no object '") + key + "'", "the record of a poster");
  }
  return nodes.at(key);
}

PosterPerson ReadPerson(const Json& nodes, const char* key) {
  const Json& person = Object(nodes, key);
  const auto field = [&](const char* name) { return Get<std::string>(person, name, key); };
  return {field("first"), field("last"), field("job"), field("faction"), field("sort")};
}

PosterItem ReadItem(const Json& nodes, const char* key) {
  const Json& object = Object(nodes, key);
  PosterItem item;
  item.act = Get<std::string>(object, "act", key);
  item.past = Get<std::string>(object, "past", key);
  item.gerund = Get<std::string>(object, "gerund", key);
  item.base = Get<std::string>(object, "base", key);
  for (const std::string* form : {&item.past, &item.gerund, &item.base}) {
    const std::vector<Word> words = Words(*form);
    if (words.empty()) Fail(ErrorCode::kFormat, "an item without words", key);
    item.verbs.insert(Stem(words.front().text));
    for (size_t i = 1; i < words.size(); ++i) {
      if (!IsFunctionWord(words[i].text)) item.content.insert(Stem(words[i].text));
    }
  }
  return item;
}

}  // namespace

PosterRecord PosterRecord::FromNodes(const Json& nodes) {
  return {.sender = ReadPerson(nodes, "sender"),
          .target = ReadPerson(nodes, "target"),
          .items = {ReadItem(nodes, "item_one"), ReadItem(nodes, "item_two"), ReadItem(nodes, "item_three")},
          .angle = Get<std::string>(Object(nodes, "angle"), "id", "angle"),
          .audience = Get<std::string>(Object(nodes, "audience"), "id", "audience")};
}

bool Tells(const StemSet& sentence, const PosterItem& item) {
  return ContainsAll(sentence, item.content) &&
         std::ranges::any_of(item.verbs, [&](const std::string& verb) { return sentence.contains(verb); });
}

}  // namespace bantam

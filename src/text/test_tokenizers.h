// Small tokenizers for the tests of this room.
#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/byte_level.h"
#include "text/vocabulary.h"

namespace bantam::testing {

using MergeList = std::vector<std::pair<std::string, std::string>>;

// A byte-level tokenizer.json as GPT-2 has it: the 256 bytes, then what the merges give, then "<|end|>" as special token.
// Merges are of printable forms ("Ġ" for a space).
inline Json ByteLevelJson(const MergeList& merges) {
  Json vocabulary = Json::object(), list = Json::array();
  for (int byte = 0; byte < 256; ++byte) vocabulary[std::string(PrintableByte(static_cast<uint8_t>(byte)))] = byte;
  int id = 256;
  for (const auto& [left, right] : merges) {
    list.push_back(left + " " + right);
    if (!vocabulary.contains(left + right)) vocabulary[left + right] = id++;
  }
  const Json step = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  return {
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}},
      {"added_tokens", Json::array({{{"id", id}, {"content", "<|end|>"}, {"special", true}, {"normalized", false}}})},
      {"normalizer", nullptr},
      {"pre_tokenizer", step},
      {"post_processor", nullptr},
      {"decoder", step}};
}

// A tokenizer.json as Llama 2 has it: <unk>, <s>, </s>, the 256 byte tokens, `characters`, then what the merges give.
inline Json SentencePieceJson(const std::vector<std::string>& characters, const MergeList& merges) {
  Json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}}, added = Json::array(), list = Json::array();
  for (const char* text : {"<unk>", "<s>", "</s>"})
    added.push_back({{"id", added.size()}, {"content", text}, {"special", true}, {"normalized", false}});
  for (int byte = 0; byte < 256; ++byte) vocabulary[fmt::format("<0x{:02X}>", byte)] = 3 + byte;
  int id = 259;
  for (const std::string& text : characters) vocabulary[text] = id++;
  for (const auto& [left, right] : merges) {
    list.push_back(Json::array({left, right}));
    if (!vocabulary.contains(left + right)) vocabulary[left + right] = id++;
  }
  const Json bos = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  return {{"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"vocab", vocabulary},
            {"merges", list}}},
          {"added_tokens", added},
          {"normalizer",
           {{"type", "Sequence"},
            {"normalizers", Json::array({{{"type", "Prepend"}, {"prepend", "▁"}},
                                         {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}})}}},
          {"pre_tokenizer", nullptr},
          {"post_processor", {{"type", "TemplateProcessing"}, {"single", Json::array({bos, text})}}},
          {"decoder",
           {{"type", "Sequence"},
            {"decoders", Json::array({{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                                      {{"type", "ByteFallback"}},
                                      {{"type", "Fuse"}},
                                      {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}})}}}};
}

inline Vocabulary FromJson(const Json& json) { return Vocabulary::FromTokenizerJson(json, "tokenizer.json"); }

// What a GGUF that was written from `vocabulary` gives.
inline Vocabulary ThroughGguf(const Vocabulary& vocabulary, int64_t rows = 0) {
  GgufMetadata metadata("test.gguf");
  vocabulary.ToGguf(metadata, rows);
  return Vocabulary::FromGguf(metadata);
}

}  // namespace bantam::testing

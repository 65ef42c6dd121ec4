#include "task/poster_world.h"

#include <algorithm>

#include "base/config.h"
#include "base/error.h"
#include "base/yaml.h"

namespace bantam {
namespace {

using WordSet = std::set<std::string, std::less<>>;

void AddCapitals(WordSet& into, std::string_view text) {
  for (const Word& word : bantam::Words(text)) {
    if (IsCapitalised(word.text)) into.insert(std::string(word.text));
  }
}

std::vector<MarkerList> ReadMarkers(const Config& world, std::string_view key) {
  std::vector<MarkerList> lists;
  for (const Config& entry : world.Children(key)) {
    MarkerList& list = lists.emplace_back();
    list.id = entry.Get<std::string>("id");
    list.words = entry.GetList<std::string>("markers");
    for (const std::string& word : list.words) list.stems.insert(Stem(word));
    for (const char* part : {"nick_start", "nick_end"}) {
      for (const std::string& word : entry.GetList<std::string>(part)) list.nickname_words.insert(word);
    }
  }
  return lists;
}

PosterAct ReadAct(const Config& entry) {
  PosterAct act;
  act.id = entry.Get<std::string>("id");
  for (const char* form : {"past", "gerund", "base"}) act.verbs.insert(Stem(entry.Get<std::string>(form)));
  for (const std::string& key : entry.GetList<std::string>("keys")) act.keys.insert(Stem(key));
  if (act.keys.empty()) Fail(ErrorCode::kFormat, "act '" + act.id + "' has no keys", entry.where());
  return act;
}

const MarkerList& Find(const std::vector<MarkerList>& lists, std::string_view id, std::string_view what) {
  const auto found = std::ranges::find(lists, id, &MarkerList::id);
  if (found == lists.end()) {
    Fail(ErrorCode::kFormat, "no " + std::string(what) + " '" + std::string(id) + "' in the world", "world.yaml");
  }
  return *found;
}

}  // namespace

bool PosterAct::IsIn(const StemSet& sentence) const {
  return ContainsAll(sentence, keys) &&
         std::ranges::any_of(verbs, [&](const std::string& verb) { return sentence.contains(verb); });
}

PosterWorld PosterWorld::Open(const std::filesystem::path& folder) {
  PosterWorld world;
  world.ReadWorld(folder / "world.yaml");
  world.ReadLimits(folder / "rubric.yaml");
  return world;
}

void PosterWorld::ReadWorld(const std::filesystem::path& file) {
  const Config world(ReadYamlFile(file), file.string());
  angles_ = ReadMarkers(world, "angles");
  audiences_ = ReadMarkers(world, "audiences");
  for (const Config& entry : world.Children("acts")) acts_.push_back(ReadAct(entry));
  people_ = world.GetList<std::string>("people");
  times_ = world.GetList<std::string>("when");

  for (const std::string& place : world.GetList<std::string>("places")) AddCapitals(capitals_, place);
  for (const std::string& title : world.GetList<std::string>("nickname_titles")) AddCapitals(capitals_, title);
  for (const Config& faction : world.Children("factions")) AddCapitals(capitals_, faction.Get<std::string>("name"));

  const Config names = world.Child("names");
  for (const std::string& list : names.Keys()) {
    for (const std::string& name : names.GetList<std::string>(list)) person_names_.insert(name);
  }

  const std::vector<Config> pronouns = world.Children("pronouns");
  for (const Config& mine : pronouns) {
    AddCapitals(capitals_, mine.Get<std::string>("title"));
    Words others;
    for (const Config& other : pronouns) {
      for (const char* form : {"they", "them", "their"}) others.insert(other.Get<std::string>(form));
    }
    for (const char* form : {"they", "them", "their"}) others.erase(mine.Get<std::string>(form));
    pronouns_of_others_.emplace_back(mine.Get<std::string>("sort"), others);
  }
}

void PosterWorld::ReadLimits(const std::filesystem::path& file) {
  const Config rubric(ReadYamlFile(file), file.string());
  const std::string schema = rubric.Get<std::string>("schema");
  if (schema != "bantam.poster-rubric/1") {
    Fail(ErrorCode::kFormat, "schema '" + schema + "' is not bantam.poster-rubric/1", rubric.Where("schema"));
  }
  limits_.least_words = rubric.Child("words").Get<int64_t>("least");
  limits_.most_words = rubric.Child("words").Get<int64_t>("most");
  limits_.angle_markers = rubric.Child("markers").Get<int64_t>("angle");
  limits_.audience_markers = rubric.Child("markers").Get<int64_t>("audience");
  limits_.repeated_words = rubric.Get<int64_t>("repeated_words");
  limits_.leaks = rubric.GetList<std::string>("leaks");
  for (const std::string& word : rubric.GetList<std::string>("capitals")) capitals_.insert(word);
  rubric.Finish();
  if (limits_.repeated_words < 2) {
    Fail(ErrorCode::kUsage, "must be at least 2", rubric.Where("repeated_words"));
  }
}

const MarkerList& PosterWorld::angle(std::string_view id) const { return Find(angles_, id, "angle"); }
const MarkerList& PosterWorld::audience(std::string_view id) const { return Find(audiences_, id, "audience"); }

const PosterWorld::Words& PosterWorld::pronouns_of_others(std::string_view sort) const {
  for (const auto& [name, others] : pronouns_of_others_) {
    if (name == sort) return others;
  }
  Fail(ErrorCode::kFormat, "no pronouns for a '" + std::string(sort) + "' in the world", "world.yaml");
}

}  // namespace bantam

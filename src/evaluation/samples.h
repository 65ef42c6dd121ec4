// What the models are asked: samples of a content graph's test split, whose values training never saw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "evaluation/answers.h"
#include "task/content_graph.h"

namespace bantam {

// The first `count` samples of the test split that ask different things; fewer when the graph repeats itself before that.
std::vector<Sample> DrawTestSamples(const ContentGraph& graph, int64_t count, uint64_t seed);

// The graph's own answers in the form of a model's: what a judge must accept.
Answers ReferenceAnswers(const std::vector<Sample>& samples);

// What the user says last.
const std::string& Request(const Sample& sample);

// {value of the tag: share that passed}, in the order of the values.
Json SharesByTag(const std::vector<Sample>& samples, const std::vector<bool>& passed, std::string_view tag);

}  // namespace bantam

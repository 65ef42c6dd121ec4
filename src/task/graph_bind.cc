// Binding: reads paths' roots, compiles the texts of lists that may be used, finds what each node reads, orders the nodes.
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/nearest.h"
#include "task/graph.h"
#include "task/hash.h"
#include "task/shape.h"

namespace bantam {
namespace {

class Binder {
 public:
  explicit Binder(Graph& graph) : graph_(graph), shapes_(graph) {}

  void Bind() {
    BindLists();
    for (size_t n = 0; n < graph_.nodes.size(); ++n) shapes_.FindElements(static_cast<int>(n));
    for (GraphNode& node : graph_.nodes) BindNode(node);
    BindOutput();
    Order();
    SortStratify();
  }

 private:
  // A use of a path: what it reads goes to `parents`; the texts that it may expand are compiled and their paths followed.
  struct Uses {
    std::set<int> parents;
    std::unordered_set<const Json*> texts;  // met already
    std::vector<Template*> pending;         // met, their paths not followed yet
  };

  void BindRoot(Path& path, const std::string& where, bool has_it) {
    const std::string& root = path.steps[0].key;
    if (has_it && root == "it") {
      path.root = Path::Root::kIt;
      return;
    }
    if (path.node = graph_.FindNode(root); path.node >= 0) {
      path.root = Path::Root::kNode;
      return;
    }
    const auto file = graph_.files.find(root);
    if (file == graph_.files.end()) {
      std::vector<std::string> names;
      for (const GraphNode& node : graph_.nodes) names.push_back(node.name);
      for (const auto& [name, document] : graph_.files) names.push_back(name);
      Fail(ErrorCode::kFormat, fmt::format("path \"{}\": there is no node or file \"{}\"", path.text, root), where,
           root == "it" ? "only \"only\" knows it" : NearestHint(root, names));
    }
    path.root = Path::Root::kFile;
    path.file = file->second.get();
  }

  // Lists first: what a path into a choice stands for depends on them.
  void BindLists() {
    for (GraphNode& node : graph_.nodes) {
      if (ChoiceSpec* choice = node.choice(); choice != nullptr && choice->list) {
        BindRoot(*choice->list, node.where, false);
      }
    }
  }

  void BindNode(GraphNode& node) {
    Uses uses;
    if (node.when) BindCondition(*node.when, uses, nullptr);
    if (ChoiceSpec* choice = node.choice()) {
      BindChoice(*choice, node, uses);
    } else if (auto* text = std::get_if<TemplateSpec>(&node.spec)) {
      for (Alternative& alternative : text->alternatives) BindAlternative(alternative, uses);
    } else if (auto* record = std::get_if<RecordSpec>(&node.spec)) {
      BindRecord(*record, uses);
    } else if (auto* grammar = std::get_if<GrammarSpec>(&node.spec)) {
      for (Rule& rule : grammar->rules) {
        for (Alternative& alternative : rule.alternatives) BindAlternative(alternative, uses);
      }
    } else {
      auto& endpoint = std::get<EndpointSpec>(node.spec);
      if (endpoint.system) BindTemplate(*endpoint.system, uses);
      BindTemplate(endpoint.prompt, uses);
    }
    FollowTexts(uses);
    node.parents.assign(uses.parents.begin(), uses.parents.end());
  }

  void BindAlternative(Alternative& alternative, Uses& uses) {
    BindTemplate(alternative.text, uses);
    if (alternative.when) BindCondition(*alternative.when, uses, nullptr);
  }
  void BindRecord(RecordSpec& record, Uses& uses) {
    BindTemplate(record.text, uses);
    for (RecordSpec& child : record.children) BindRecord(child, uses);
  }

  void BindChoice(ChoiceSpec& choice, const GraphNode& node, Uses& uses) {
    if (choice.list && choice.list->root == Path::Root::kNode) uses.parents.insert(choice.list->node);
    if (choice.only) BindCondition(*choice.only, uses, &choice);
    CheckWeights(choice, node);
    CheckCount(choice, node);
    if (node.partition) DealElements(choice, node);
  }

  void CheckWeights(const ChoiceSpec& choice, const GraphNode& node) const {
    if (!choice.weights.empty()) {
      const bool one_list = choice.inline_list != nullptr || choice.list->root == Path::Root::kFile;
      if (!one_list || choice.weights.size() != choice.elements.size()) {
        Fail(ErrorCode::kFormat,
             one_list ? fmt::format("{} weights for {} elements", choice.weights.size(), choice.elements.size())
                      : "a list of weights for elements that another node decides",
             node.where, "a field of the records can hold the weight too: weights: FIELD");
      }
      if (*std::max_element(choice.weights.begin(), choice.weights.end()) <= 0) {
        Fail(ErrorCode::kFormat, "no weight is above 0", node.where);
      }
    }
    if (choice.weight_field.empty()) return;
    bool found = false, positive = false;
    for (const Json* element : choice.elements) {
      if (!element->is_object() || !element->contains(choice.weight_field)) continue;
      const Json& weight = element->at(choice.weight_field);
      if (!weight.is_number() || weight.get<double>() < 0) {
        Fail(ErrorCode::kFormat, fmt::format("the weight {} is no number from 0 on", DumpJson(weight, -1)),
             PlaceOf(&weight, node.where));
      }
      found = true;
      positive |= weight.get<double>() > 0;
    }
    if (!found) {
      Fail(ErrorCode::kFormat, fmt::format("no element has the field \"{}\" of its weights", choice.weight_field),
           node.where);
    }
    if (!positive) Fail(ErrorCode::kFormat, "no weight is above 0", node.where);
  }

  void CheckCount(const ChoiceSpec& choice, const GraphNode& node) const {
    if (!choice.count) return;
    std::set<std::string> different;
    for (const Json* element : choice.elements) {
      const bool has_field = element->is_object() && element->contains(choice.distinct);
      different.insert(choice.distinct.empty() || !has_field ? DumpJson(*element, -1)
                                                             : DumpJson(element->at(choice.distinct), -1));
    }
    if (std::ssize(different) < *choice.count) {
      Fail(ErrorCode::kFormat,
           fmt::format("count {} of a list with {} different {}", *choice.count, different.size(),
                       choice.distinct.empty() ? "elements" : fmt::format("\"{}\"", choice.distinct)),
           node.where);
    }
  }

  void DealElements(ChoiceSpec& choice, const GraphNode& node) const {
    const uint64_t stream = Combine(HashText(graph_.name), node.stream);
    ValueDealer dealer(graph_.shares);
    for (const auto& list : choice.lists) {
      if (list.empty()) continue;
      std::vector<uint64_t> hashes;
      for (const Json* element : list) hashes.push_back(Combine(stream, HashText(DumpJson(*element, -1))));
      const std::vector<Split> splits =
          dealer.Deal(hashes, fmt::format("{}, list at {}", node.where, PlaceOf(list[0], "")));
      for (size_t i = 0; i < list.size(); ++i) choice.dealt[list[i]] = splits[i];
    }
    if (choice.count && choice.lists.size() == 1) CheckCountOfSplits(choice, node);
  }
  void CheckCountOfSplits(const ChoiceSpec& choice, const GraphNode& node) const {
    for (const Split split : kSplits) {
      const auto share = graph_.shares[static_cast<size_t>(split)];
      const auto size =
          std::count_if(choice.dealt.begin(), choice.dealt.end(), [&](auto& d) { return d.second == split; });
      if (share > 0 && size < *choice.count) {
        Fail(ErrorCode::kFormat,
             fmt::format("count {}, but the split \"{}\" has {} of the {} elements", *choice.count, Name(split), size,
                         choice.elements.size()),
             node.where, "list more values, or take partition away");
      }
    }
  }

  std::string PlaceOf(const Json* value, const std::string& otherwise) const {
    const auto place = graph_.places.find(value);
    return place == graph_.places.end() ? otherwise : place->second;
  }

  void BindCondition(Expression& condition, Uses& uses, const ChoiceSpec* element) {
    condition.ForEachPath([&](Path& path) {
      BindRoot(path, condition.where(), element != nullptr);
      const Shape shape = shapes_.Find(path, condition.where(), element);
      if (path.root != Path::Root::kNode) return;  // conditions see texts of files as they are written
      uses.parents.insert(path.node);
      for (const Json* value : shape.values) UseText(value, uses);
    });
  }

  void BindTemplate(Template& text, Uses& uses) {
    ForEachPiece(text, [&](Piece& piece) {
      if (piece.kind != Piece::Kind::kPath) return;
      BindRoot(piece.path, text.where, false);
      UsePath(piece, text.where, uses);
    });
  }

  // What inserting a path reads and may expand; the path's root is bound.
  void UsePath(const Piece& piece, const std::string& where, Uses& uses) {
    const Shape shape = shapes_.Find(piece.path, where);
    if (piece.path.root == Path::Root::kNode) uses.parents.insert(piece.path.node);
    bool insertable = shape.text;
    for (const Json* value : shape.values) {
      if (value->is_array()) {
        for (const Json& element : *value) insertable |= UseText(&element, uses);
      } else {
        insertable |= UseText(value, uses);
      }
    }
    if (shape.record != nullptr)
      insertable |= shape.record->kind == RecordSpec::Kind::kConstant || shape.record->kind == RecordSpec::Kind::kList;
    if (insertable) return;
    const bool records = std::any_of(shape.values.begin(), shape.values.end(), [](auto* v) { return v->is_object(); });
    Fail(ErrorCode::kFormat,
         fmt::format("path \"{}\" stands for {}, not for a text", piece.path.text,
                     shape.record != nullptr || records ? "a record" : "no texts"),
         where, "name one of its fields");
  }

  // Whether a value can be inserted; a text among them is compiled and what it reads is added.
  bool UseText(const Json* value, Uses& uses) {
    if (!value->is_string()) return !value->is_structured();
    const auto& source = value->get_ref<const std::string&>();
    if (IsPlainText(source) || !uses.texts.insert(value).second) return true;
    auto found = graph_.texts.find(value);
    const std::string where = PlaceOf(value, graph_.file);
    if (found == graph_.texts.end()) {
      Template compiled = ParseTemplate(source, where, false);
      ForEachPiece(compiled, [&](Piece& piece) {
        if (piece.kind == Piece::Kind::kPath) BindRoot(piece.path, where, false);
      });
      found = graph_.texts.emplace(value, std::move(compiled)).first;
    }
    uses.pending.push_back(&found->second);  // Graph::texts keeps its elements in place while it grows
    return true;
  }

  // Texts may lead to texts, to themselves too. A list of what is to do, since chains of them may be long.
  void FollowTexts(Uses& uses) {
    while (!uses.pending.empty()) {
      Template& text = *uses.pending.back();
      uses.pending.pop_back();
      ForEachPiece(text, [&](Piece& piece) {
        if (piece.kind == Piece::Kind::kPath) UsePath(piece, text.where, uses);
      });
    }
  }

  void BindOutput() {
    Uses uses;
    OutputSpec& output = graph_.output;
    for (OutputMessage& message : output.messages) BindTemplate(message.content, uses);
    if (output.prompt) BindTemplate(*output.prompt, uses);
    if (output.completion) BindTemplate(*output.completion, uses);
    for (auto& [tag, text] : output.tags) BindTemplate(text, uses);
    FollowTexts(uses);
  }

  // Depth first in the order of the file: parents come before their children, and files keep their order otherwise.
  void Order() {
    std::vector<bool> done(graph_.nodes.size());
    std::vector<int> open;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) Place(static_cast<int>(n), done, open);
  }
  void Place(int node, std::vector<bool>& done, std::vector<int>& open) {
    if (done[static_cast<size_t>(node)]) return;
    if (std::find(open.begin(), open.end(), node) != open.end()) {
      Fail(ErrorCode::kFormat, fmt::format("nodes go round in a circle: {}", CycleText(graph_, open, node)),
           graph_.nodes[static_cast<size_t>(node)].where);
    }
    open.push_back(node);
    for (const int parent : graph_.nodes[static_cast<size_t>(node)].parents) Place(parent, done, open);
    open.pop_back();
    done[static_cast<size_t>(node)] = true;
    graph_.order.push_back(node);
  }

  void SortStratify() {
    const auto place = [&](int node) { return std::find(graph_.order.begin(), graph_.order.end(), node); };
    std::sort(graph_.stratify.begin(), graph_.stratify.end(), [&](int a, int b) { return place(a) < place(b); });
  }

  Graph& graph_;
  ShapeFinder shapes_;
};

}  // namespace

void BindGraph(Graph& graph) { Binder(graph).Bind(); }

}  // namespace bantam

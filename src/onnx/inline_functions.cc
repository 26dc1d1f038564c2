#include "onnx/inline_functions.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace onedge::onnx {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;  // domain, name, overload
using Renames = std::map<std::string, std::string>;

Key KeyOf(const NodeProto& node) { return {node.domain, node.op_type, node.overload}; }

std::string Spell(const FunctionProto& function) {
  return StrCat(function.domain, function.domain.empty() ? "" : "::", function.name,
                function.overload.empty() ? "" : StrCat(" (overload ", function.overload, ")"));
}

Status ResolveOpsets(std::vector<NodeProto>& nodes, const std::vector<OpsetImport>& imports,
                     const std::vector<OpsetImport>* fallback, const std::set<Key>& functions) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    NodeProto& node = nodes[i];
    if (node.name.empty()) node.name = StrCat(node.op_type, "_", i);
    for (const std::vector<OpsetImport>* list : {&imports, fallback}) {
      if (node.opset != 0 || !list) continue;
      for (const OpsetImport& import : *list) {
        if (import.domain == node.domain) node.opset = import.version;
      }
    }
    if (node.opset == 0 && !functions.contains(KeyOf(node))) {
      return CorruptFile("the model imports no opset for the domain '", node.domain.empty() ? "ai.onnx" : node.domain,
                         "' of this operator")
          .WithNode(node.name, node.op_type);
    }
    for (AttributeProto& attribute : node.attributes) {
      for (GraphProto& graph : attribute.graphs) {
        ONEDGE_RETURN_IF_ERROR(ResolveOpsets(graph.nodes, imports, fallback, functions));
      }
    }
  }
  return OkStatus();
}

std::set<Key> KeysOf(const std::vector<FunctionProto>& functions) {
  std::set<Key> keys;
  for (const FunctionProto& function : functions) keys.insert({function.domain, function.name, function.overload});
  return keys;
}

// Without this, a symbol in a function's body would be taken for the model's dimension of the same name.
void ForgetSymbols(graph::TypeInfo& type) {
  if (!type.dims) return;
  for (graph::Dim& dim : *type.dims) {
    if (!dim.known()) dim = graph::Dim::Unknown();
  }
}

class Inliner {
 public:
  Inliner(std::vector<FunctionProto> functions, size_t max_nodes)
      : functions_(std::move(functions)), max_nodes_(max_nodes) {}

  Status Run(GraphProto& graph, const std::vector<OpsetImport>& imports) {
    const std::set<Key> keys = KeysOf(functions_);
    for (FunctionProto& function : functions_) {
      const Key key{function.domain, function.name, function.overload};
      if (!by_key_.emplace(key, &function).second)
        return CorruptFile("function ", Spell(function), " is defined twice");
      ONEDGE_RETURN_IF_ERROR(ResolveOpsets(function.nodes, function.opset_imports, &imports, keys)
                                 .WithContext(StrCat("function ", Spell(function))));
    }
    for (const OpsetImport& import : imports) {
      if (import.domain.empty()) identity_opset_ = import.version;
    }
    CollectNames(graph);
    return Expand(graph.nodes);
  }

 private:
  void CollectNames(const GraphProto& graph) {
    for (const ValueInfoProto& input : graph.inputs) names_.insert(input.name);
    for (const TensorEntry& initializer : graph.initializers) names_.insert(initializer.name);
    for (const NodeProto& node : graph.nodes) {
      names_.insert(node.outputs.begin(), node.outputs.end());
      for (const AttributeProto& attribute : node.attributes) {
        for (const GraphProto& subgraph : attribute.graphs) CollectNames(subgraph);
      }
    }
  }

  std::string FreshName(const std::string& call, const std::string& name) {
    std::string fresh = StrCat(call, "/", name);
    while (!names_.insert(fresh).second) fresh = StrCat(call, "/", name, "_", ++counter_);
    return fresh;
  }

  Status Expand(std::vector<NodeProto>& nodes) {
    std::vector<NodeProto> expanded;
    for (NodeProto& node : nodes) {
      for (AttributeProto& attribute : node.attributes) {
        for (GraphProto& subgraph : attribute.graphs) ONEDGE_RETURN_IF_ERROR(Expand(subgraph.nodes));
      }
      if (++node_count_ > max_nodes_) {
        return ResourceExhausted("the model has more than ", max_nodes_, " nodes when its functions are inlined");
      }
      const auto found = by_key_.find(KeyOf(node));
      if (found == by_key_.end()) {
        expanded.push_back(std::move(node));
        continue;
      }
      const FunctionProto& function = *found->second;
      if (std::find(open_.begin(), open_.end(), &function) != open_.end()) {
        return CorruptFile("function ", Spell(function), " calls itself").WithNode(node.name, node.op_type);
      }
      if (open_.size() == kMaxDepth) return CorruptFile("functions are nested more than ", kMaxDepth, " deep");
      std::vector<NodeProto> body;
      ONEDGE_RETURN_IF_ERROR(Instantiate(function, node, body).WithNode(node.name, node.op_type));
      open_.push_back(&function);
      ONEDGE_RETURN_IF_ERROR(Expand(body));
      open_.pop_back();
      std::move(body.begin(), body.end(), std::back_inserter(expanded));
    }
    nodes = std::move(expanded);
    return OkStatus();
  }

  // The function's nodes, with the names and attributes of the call in place of the formal ones.
  Status Instantiate(const FunctionProto& function, const NodeProto& call, std::vector<NodeProto>& body) {
    if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size()) {
      return CorruptFile("function ", Spell(function), " has ", function.inputs.size(), " inputs and ",
                         function.outputs.size(), " outputs; the call has ", call.inputs.size(), " and ",
                         call.outputs.size());
    }
    for (const AttributeProto& given : call.attributes) {
      const auto same_name = [&](const AttributeProto& declared) { return declared.name == given.name; };
      if (std::find(function.attributes.begin(), function.attributes.end(), given.name) == function.attributes.end() &&
          std::none_of(function.attribute_defaults.begin(), function.attribute_defaults.end(), same_name)) {
        return CorruptFile("function ", Spell(function), " has no attribute '", given.name, "'");
      }
    }
    Renames renames;
    for (size_t i = 0; i < function.inputs.size(); ++i) {
      renames[function.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : std::string();
    }
    std::vector<std::pair<std::string, std::string>> passed_through;
    for (size_t i = 0; i < function.outputs.size(); ++i) {
      const bool wanted = i < call.outputs.size() && !call.outputs[i].empty();
      const std::string& formal = function.outputs[i];
      const auto [entry, added] = renames.try_emplace(formal);
      if (added) {
        entry->second = wanted ? call.outputs[i] : FreshName(call.name, formal);
      } else if (wanted) {
        passed_through.emplace_back(entry->second, call.outputs[i]);
      }
    }
    for (const NodeProto& node : function.nodes) {
      for (const std::string& output : node.outputs) {
        if (!output.empty() && !renames.contains(output)) renames[output] = FreshName(call.name, output);
      }
    }
    scopes_ = {&renames};
    for (const NodeProto& node : function.nodes) {
      ONEDGE_RETURN_IF_ERROR(Copy(node, function, call, body.emplace_back()));
    }
    for (auto& [from, to] : passed_through) {
      NodeProto& identity = body.emplace_back();
      identity.name = StrCat(call.name, "/Identity_", body.size());
      identity.op_type = "Identity";
      identity.opset = identity_opset_;
      identity.inputs = {from};
      identity.outputs = {to};
    }
    return OkStatus();
  }

  Status Rename(const FunctionProto& function, std::string& name) const {
    if (name.empty()) return OkStatus();
    for (size_t i = scopes_.size(); i-- > 0;) {
      if (const auto found = scopes_[i]->find(name); found != scopes_[i]->end()) {
        name = found->second;
        return OkStatus();
      }
    }
    return CorruptFile("function ", Spell(function), ": value '", name, "' is read but defined nowhere");
  }

  Status Copy(const NodeProto& node, const FunctionProto& function, const NodeProto& call, NodeProto& copy) {
    if (++node_count_ > max_nodes_) {
      return ResourceExhausted("the model has more than ", max_nodes_, " nodes when its functions are inlined");
    }
    copy.name = StrCat(call.name, "/", node.name);
    copy.domain = node.domain;
    copy.op_type = node.op_type;
    copy.overload = node.overload;
    copy.opset = node.opset;
    copy.inputs = node.inputs;
    copy.outputs = node.outputs;
    for (std::string& name : copy.inputs) ONEDGE_RETURN_IF_ERROR(Rename(function, name));
    for (std::string& name : copy.outputs) ONEDGE_RETURN_IF_ERROR(Rename(function, name));
    for (const AttributeProto& attribute : node.attributes) {
      const AttributeProto* source = &attribute;
      if (!attribute.ref_attr_name.empty()) {
        source = FindReferred(attribute.ref_attr_name, function, call);
        if (!source) continue;  // not given and without a default: the node omits it
      }
      AttributeProto& given = copy.attributes.emplace_back(*source);
      given.name = attribute.name;
      if (source != &attribute) continue;  // graphs from the call already use the call's names
      for (GraphProto& subgraph : given.graphs) ONEDGE_RETURN_IF_ERROR(RenameGraph(subgraph, function, call));
    }
    return OkStatus();
  }

  static const AttributeProto* FindReferred(const std::string& name, const FunctionProto& function,
                                            const NodeProto& call) {
    for (const std::vector<AttributeProto>* list : {&call.attributes, &function.attribute_defaults}) {
      for (const AttributeProto& attribute : *list) {
        if (attribute.name == name) return &attribute;
      }
    }
    return nullptr;
  }

  // A subgraph in a function's body: its own definitions are renamed too, and its reads follow the renamed body.
  Status RenameGraph(GraphProto& graph, const FunctionProto& function, const NodeProto& call) {
    Renames renames;
    const auto define = [&](std::string& name) {
      if (name.empty()) return;
      const auto [entry, added] = renames.try_emplace(name);
      if (added) entry->second = FreshName(call.name, name);
      name = entry->second;
    };
    for (ValueInfoProto& input : graph.inputs) {
      define(input.name);
      ForgetSymbols(input.type);
    }
    for (TensorEntry& initializer : graph.initializers) define(initializer.name);
    for (const NodeProto& node : graph.nodes) {
      for (std::string output : node.outputs) define(output);
    }
    graph.value_infos.clear();
    scopes_.push_back(&renames);
    for (ValueInfoProto& output : graph.outputs) {
      ONEDGE_RETURN_IF_ERROR(Rename(function, output.name));
      ForgetSymbols(output.type);
    }
    std::vector<NodeProto> nodes;
    nodes.reserve(graph.nodes.size());
    for (const NodeProto& node : graph.nodes) ONEDGE_RETURN_IF_ERROR(Copy(node, function, call, nodes.emplace_back()));
    graph.nodes = std::move(nodes);
    scopes_.pop_back();
    return OkStatus();
  }

  static constexpr size_t kMaxDepth = 32;

  std::vector<FunctionProto> functions_;
  const size_t max_nodes_;
  std::map<Key, const FunctionProto*> by_key_;
  std::set<std::string> names_;
  std::vector<const FunctionProto*> open_;
  std::vector<const Renames*> scopes_;
  size_t node_count_ = 0;
  size_t counter_ = 0;
  int64_t identity_opset_ = 13;
};

}  // namespace

Status ResolveOpsets(GraphProto& graph, const std::vector<OpsetImport>& imports,
                     const std::vector<FunctionProto>& functions) {
  return ResolveOpsets(graph.nodes, imports, nullptr, KeysOf(functions));
}

Status InlineFunctions(GraphProto& graph, const std::vector<OpsetImport>& imports, std::vector<FunctionProto> functions,
                       size_t max_nodes) {
  if (functions.empty()) return OkStatus();
  return Inliner(std::move(functions), max_nodes).Run(graph, imports);
}

}  // namespace onedge::onnx

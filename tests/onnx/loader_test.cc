#include "onnx/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Loader, ReadsAModel) {
  ::onnx::ModelProto proto = ExampleModel();
  proto.set_producer_version("1.2");
  proto.set_model_version(3);
  auto* property = proto.add_metadata_props();
  property->set_key("author");
  property->set_value("nobody");
  const Result<Model> model = LoadModel(proto);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(model->ir_version, 8);
  EXPECT_EQ(model->producer_name, "onedge tests");
  EXPECT_EQ(model->producer_version, "1.2");
  EXPECT_EQ(model->model_version, 3);
  EXPECT_THAT(model->metadata_props, ElementsAre(std::pair<std::string, std::string>("author", "nobody")));
  ASSERT_EQ(model->opset_imports.size(), 2u);

  const graph::Graph& graph = model->graph;
  EXPECT_EQ(graph.name, "main");
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.values[static_cast<size_t>(graph.inputs[0])].type.ToString(*graph.symbols), "float32 [batch, 3]");
  EXPECT_EQ(graph.values[static_cast<size_t>(FindValue(graph, "product"))].type.ToString(*graph.symbols),
            "float32 [batch, 2]");
  const Tensor* w = FindConstant(graph, "w");
  ASSERT_TRUE(w);
  EXPECT_EQ(w->shape(), (Shape{3, 2}));
  EXPECT_EQ(w->values<float>()[5], 6);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(w->bytes()) % 64, 0u);
  EXPECT_EQ(FindConstant(graph, "b")->values<float>()[1], -0.5f);
  EXPECT_EQ(FindConstant(graph, "words")->strings()[1], "two");
  EXPECT_EQ(FindConstant(graph, "flag")->values<int64_t>()[0], 1);

  std::vector<std::string> ops;
  for (const graph::Node& node : graph.nodes) ops.push_back(node.op_type);
  EXPECT_THAT(ops, ElementsAre("MatMul", "Add", "If", "Add", "Relu"));
  EXPECT_EQ(graph.nodes[0].name, "MatMul_0");
  EXPECT_EQ(graph.nodes[0].opset, 17);
  EXPECT_EQ(graph.nodes[1].name, "call/Add_0");
}

TEST(Loader, SameForEveryPieceSize) {
  const std::string bytes = Serialize(ExampleModel());
  const std::string expected = Dump(Load(AsBytes(bytes)).value().graph);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Result<Model> model = LoadInPieces(bytes, piece);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    ASSERT_EQ(Dump(model->graph), expected) << piece;
  }
}

TEST(Loader, SubgraphsCaptureThroughEveryLevel) {
  ::onnx::ModelProto proto = EmptyModel();
  ::onnx::GraphProto* graph = proto.mutable_graph();
  SetTensorType(graph->add_input(), "x", 1, {"n"});
  SetTensorType(graph->add_input(), "c", 9);
  SetTensorType(graph->add_output(), "y");
  ::onnx::NodeProto* outer = AddNode(graph->mutable_node(), "If", {"c"}, {"y"}, "outer");
  ::onnx::GraphProto* body = AddAttribute(outer, "then_branch", ::onnx::AttributeProto::GRAPH)->mutable_g();
  ::onnx::NodeProto* inner = AddNode(body->mutable_node(), "If", {"c"}, {"z"}, "inner");
  SetTensorType(body->add_output(), "z");
  ::onnx::GraphProto* innermost = AddAttribute(inner, "then_branch", ::onnx::AttributeProto::GRAPH)->mutable_g();
  AddNode(innermost->mutable_node(), "Neg", {"late"}, {"n"}, "neg");
  SetTensorType(innermost->add_output(), "n");
  // A branch that only returns an outer value.
  ::onnx::GraphProto* other = AddAttribute(inner, "else_branch", ::onnx::AttributeProto::GRAPH)->mutable_g();
  SetTensorType(other->add_output(), "x");
  // Defined after its reader: the sort must see the capture.
  AddNode(graph->mutable_node(), "Abs", {"x"}, {"late"}, "producer");

  const Result<Model> model = LoadModel(proto);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(model->graph.nodes[0].name, "producer");
  const graph::Graph& first = *model->graph.nodes[1].Subgraphs()[0];
  std::vector<std::string> captured;
  for (const graph::Capture& capture : first.captures) {
    captured.push_back(model->graph.values[static_cast<size_t>(capture.outer)].name);
    EXPECT_EQ(first.values[static_cast<size_t>(capture.inner)].name, captured.back());
  }
  EXPECT_THAT(captured, ::testing::UnorderedElementsAre("c", "late", "x"));
  const std::vector<const graph::Graph*> branches = first.nodes[0].Subgraphs();
  ASSERT_EQ(branches.size(), 2u);
  ASSERT_EQ(branches[0]->captures.size(), 1u);
  EXPECT_EQ(branches[0]->nodes[0].inputs[0], branches[0]->captures[0].inner);
  EXPECT_EQ(branches[1]->outputs[0], branches[1]->captures[0].inner);
  EXPECT_EQ(branches[1]->values[0].type.ToString(*branches[1]->symbols), "float32 [n]");
  EXPECT_EQ(branches[0]->symbols, model->graph.symbols);
}

TEST(Loader, AnInitializerThatIsAlsoAnInputIsAConstant) {
  ::onnx::ModelProto proto = EmptyModel();
  ::onnx::GraphProto* graph = proto.mutable_graph();
  SetTensorType(graph->add_input(), "x");
  SetTensorType(graph->add_input(), "w", 1, {"1"});
  SetTensorType(graph->add_output(), "y");
  AddNode(graph->mutable_node(), "Add", {"x", "w"}, {"y"});
  SetRaw<float>(graph->add_initializer(), "w", 1, {1}, {2});
  const Model model = LoadModel(proto).value();
  ASSERT_EQ(model.graph.inputs.size(), 1u);
  EXPECT_EQ(model.graph.values[static_cast<size_t>(model.graph.inputs[0])].name, "x");
  EXPECT_TRUE(FindConstant(model.graph, "w"));
}

TEST(Loader, EverySpellingOfConstantBecomesOne) {
  ::onnx::ModelProto proto = EmptyModel();
  auto* nodes = proto.mutable_graph()->mutable_node();
  AddAttribute(AddNode(nodes, "Constant", {}, {"f"}), "value_float", ::onnx::AttributeProto::FLOAT)->set_f(2.5f);
  AddAttribute(AddNode(nodes, "Constant", {}, {"fs"}), "value_floats", ::onnx::AttributeProto::FLOATS)->add_floats(1);
  AddAttribute(AddNode(nodes, "Constant", {}, {"i"}), "value_int", ::onnx::AttributeProto::INT)->set_i(-3);
  AddAttribute(AddNode(nodes, "Constant", {}, {"is"}), "value_ints", ::onnx::AttributeProto::INTS);
  AddAttribute(AddNode(nodes, "Constant", {}, {"s"}), "value_string", ::onnx::AttributeProto::STRING)->set_s("text");
  AddAttribute(AddNode(nodes, "Constant", {}, {"ss"}), "value_strings", ::onnx::AttributeProto::STRINGS)
      ->add_strings("a");
  SetRaw<int8_t>(
      AddAttribute(AddNode(nodes, "Constant", {}, {"t"}), "value", ::onnx::AttributeProto::TENSOR)->mutable_t(), "", 3,
      {2}, {1, 2});
  auto* sparse =
      AddAttribute(AddNode(nodes, "Constant", {}, {"sp"}), "sparse_value", ::onnx::AttributeProto::SPARSE_TENSOR)
          ->mutable_sparse_tensor();
  SetRaw<float>(sparse->mutable_values(), "", 1, {1}, {9});
  SetRaw<int64_t>(sparse->mutable_indices(), "", 7, {1}, {1});
  sparse->add_dims(3);
  const Result<Model> model = LoadModel(proto);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const graph::Graph& graph = model->graph;
  EXPECT_TRUE(graph.nodes.empty());
  EXPECT_EQ(FindConstant(graph, "f")->ToString(), "float32 []");
  EXPECT_EQ(FindConstant(graph, "f")->values<float>()[0], 2.5f);
  EXPECT_EQ(FindConstant(graph, "fs")->ToString(), "float32 [1]");
  EXPECT_EQ(FindConstant(graph, "i")->values<int64_t>()[0], -3);
  EXPECT_EQ(FindConstant(graph, "is")->ToString(), "int64 [0]");
  EXPECT_EQ(FindConstant(graph, "s")->strings()[0], "text");
  EXPECT_EQ(FindConstant(graph, "ss")->ToString(), "string [1]");
  EXPECT_EQ(FindConstant(graph, "t")->ToString(), "int8 [2]");
  EXPECT_EQ(FindConstant(graph, "sp")->values<float>()[1], 9);
}

TEST(Loader, KeepsAttributesOfEveryType) {
  ::onnx::ModelProto proto = EmptyModel();
  ::onnx::NodeProto* node = AddNode(proto.mutable_graph()->mutable_node(), "Custom", {}, {"y"}, "n");
  AddAttribute(node, "f", ::onnx::AttributeProto::FLOAT)->set_f(1.5f);
  AddAttribute(node, "i", ::onnx::AttributeProto::INT)->set_i(INT64_MIN);
  AddAttribute(node, "s", ::onnx::AttributeProto::STRING)->set_s(std::string("a\0b", 3));
  AddAttribute(node, "ints", ::onnx::AttributeProto::INTS)->add_ints(4);
  AddAttribute(node, "floats", ::onnx::AttributeProto::FLOATS);
  AddAttribute(node, "strings", ::onnx::AttributeProto::STRINGS)->add_strings("x");
  SetRaw<float>(AddAttribute(node, "tensors", ::onnx::AttributeProto::TENSORS)->add_tensors(), "", 1, {1}, {1});
  AddAttribute(node, "graphs", ::onnx::AttributeProto::GRAPHS)->add_graphs()->set_name("g");
  AddAttribute(node, "type", ::onnx::AttributeProto::TYPE_PROTO)
      ->mutable_tp()
      ->mutable_sequence_type()
      ->mutable_elem_type()
      ->mutable_tensor_type()
      ->set_elem_type(7);
  // Before IR version 1 the type was not given.
  ::onnx::AttributeProto* untyped = node->add_attribute();
  untyped->set_name("untyped");
  untyped->add_ints(8);
  const Result<Model> model = LoadModel(proto);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const graph::Node& loaded = model->graph.nodes[0];
  const auto value = [&](const char* name) { return loaded.FindAttribute(name)->value; };
  EXPECT_EQ(std::get<float>(value("f")), 1.5f);
  EXPECT_EQ(std::get<int64_t>(value("i")), INT64_MIN);
  EXPECT_EQ(std::get<std::string>(value("s")), std::string("a\0b", 3));
  EXPECT_EQ(std::get<std::vector<int64_t>>(value("ints")), std::vector<int64_t>{4});
  EXPECT_TRUE(std::get<std::vector<float>>(value("floats")).empty());
  EXPECT_EQ(std::get<std::vector<std::string>>(value("strings")), std::vector<std::string>{"x"});
  EXPECT_EQ(std::get<std::vector<Tensor>>(value("tensors")).size(), 1u);
  EXPECT_EQ(std::get<std::vector<std::shared_ptr<graph::Graph>>>(value("graphs"))[0]->name, "g");
  EXPECT_EQ(std::get<graph::TypeInfo>(value("type")).ToString(*model->graph.symbols), "sequence of int64 of any rank");
  EXPECT_EQ(std::get<std::vector<int64_t>>(value("untyped")), std::vector<int64_t>{8});
}

TEST(Loader, OpsetsComeFromTheNodesDomain) {
  ::onnx::ModelProto proto = EmptyModel(13);
  auto* ml = proto.add_opset_import();
  ml->set_domain("ai.onnx.ml");
  ml->set_version(3);
  AddNode(proto.mutable_graph()->mutable_node(), "Abs", {}, {"a"}, "a", "ai.onnx");
  AddNode(proto.mutable_graph()->mutable_node(), "Scaler", {}, {"b"}, "b", "ai.onnx.ml");
  const Model model = LoadModel(proto).value();
  EXPECT_EQ(model.graph.nodes[0].opset, 13);
  EXPECT_EQ(model.graph.nodes[0].domain, "");
  EXPECT_EQ(model.graph.nodes[1].opset, 3);
  AddNode(proto.mutable_graph()->mutable_node(), "Gelu", {}, {"c"}, "c", "com.microsoft");
  EXPECT_THAT(LoadError(proto),
              HasSubstr("node 'c' (Gelu): the model imports no opset for the domain 'com.microsoft'"));
  auto* twice = proto.add_opset_import();
  twice->set_domain("ai.onnx.ml");
  twice->set_version(2);
  EXPECT_THAT(LoadError(proto), HasSubstr("imports opsets 3 and 2 of domain 'ai.onnx.ml'"));
}

TEST(Loader, NegativeAndNamelessDimsAreUnknown) {
  ::onnx::ModelProto proto = EmptyModel();
  auto* info = SetTensorType(proto.mutable_graph()->add_input(), "x", 7, {"-1", "n", "n", "4"});
  info->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
  const Model model = LoadModel(proto).value();
  EXPECT_EQ(model.graph.values[0].type.ToString(*model.graph.symbols), "int64 [?, n, n, 4, ?]");
  EXPECT_EQ(model.graph.symbols->names.size(), 1u);
}

TEST(Loader, NamesThatAreDefinedTwiceOrNowhereAreNamed) {
  ::onnx::ModelProto twice = EmptyModel();
  AddNode(twice.mutable_graph()->mutable_node(), "Abs", {}, {"a"}, "one");
  AddNode(twice.mutable_graph()->mutable_node(), "Neg", {}, {"a"}, "two");
  EXPECT_THAT(
      LoadError(twice),
      HasSubstr("value 'a' is defined twice in graph 'main', the second time as an output of node 'two' (Neg)"));

  ::onnx::ModelProto initializers = EmptyModel();
  SetRaw<float>(initializers.mutable_graph()->add_initializer(), "w", 1, {1}, {1});
  SetRaw<float>(initializers.mutable_graph()->add_initializer(), "w", 1, {1}, {1});
  EXPECT_THAT(LoadError(initializers), HasSubstr("'w' is defined twice"));

  ::onnx::ModelProto nameless = EmptyModel();
  SetRaw<float>(nameless.mutable_graph()->add_initializer(), "", 1, {1}, {1});
  EXPECT_THAT(LoadError(nameless), HasSubstr("an initializer of graph 'main' has no name"));

  ::onnx::ModelProto missing = EmptyModel();
  AddNode(missing.mutable_graph()->mutable_node(), "Abs", {"ghost"}, {"a"}, "one");
  EXPECT_THAT(LoadError(missing), HasSubstr("node 'one' (Abs): input 'ghost' is neither"));

  ::onnx::ModelProto output = EmptyModel();
  SetTensorType(output.mutable_graph()->add_output(), "y");
  EXPECT_THAT(LoadError(output), HasSubstr("output 'y' of graph 'main' is defined nowhere"));

  ::onnx::ModelProto cycle = EmptyModel();
  AddNode(cycle.mutable_graph()->mutable_node(), "Abs", {"b"}, {"a"}, "one");
  AddNode(cycle.mutable_graph()->mutable_node(), "Neg", {"a"}, {"b"}, "two");
  EXPECT_THAT(LoadError(cycle), HasSubstr("cycle"));

  ::onnx::ModelProto attribute = EmptyModel();
  ::onnx::NodeProto* node = AddNode(attribute.mutable_graph()->mutable_node(), "Abs", {}, {"a"}, "one");
  AddAttribute(node, "k", ::onnx::AttributeProto::INT);
  AddAttribute(node, "k", ::onnx::AttributeProto::INT);
  EXPECT_THAT(LoadError(attribute), HasSubstr("attribute 'k' is given twice"));
}

TEST(Loader, DeepNestingIsRefused) {
  ::onnx::ModelProto proto = EmptyModel();
  ::onnx::GraphProto* graph = proto.mutable_graph();
  for (int i = 0; i < 30; ++i) {
    graph = AddAttribute(AddNode(graph->mutable_node(), "If", {}, {"y"}), "then_branch", ::onnx::AttributeProto::GRAPH)
                ->mutable_g();
  }
  EXPECT_THAT(LoadError(proto), HasSubstr("graphs are nested more than 16 deep"));
  ::onnx::ModelProto types = EmptyModel();
  ::onnx::TypeProto* type = types.mutable_graph()->add_input()->mutable_type();
  for (int i = 0; i < 30; ++i) type = type->mutable_sequence_type()->mutable_elem_type();
  EXPECT_THAT(LoadError(types), HasSubstr("types are nested more than 16 deep"));
}

TEST(Loader, BudgetIsHeldWhileLoadingAndReleasedWithTheModel) {
  MemoryBudget budget(1 << 20);
  {
    const Result<Model> model = Load(AsBytes(Serialize(ExampleModel())), {.budget = &budget});
    ASSERT_TRUE(model.ok());
    EXPECT_GT(budget.used_bytes(), 0u);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
  MemoryBudget tight(100);
  const Status refused = Load(AsBytes(Serialize(ExampleModel())), {.budget = &tight}).status();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.ToString(), HasSubstr("raise the memory limit"));
  EXPECT_EQ(tight.used_bytes(), 0u);
}

TEST(Loader, FailuresStay) {
  Loader loader = Loader::Create();
  const Status first = loader.Feed(AsBytes("<html>"));
  EXPECT_EQ(first.message(),
            "this is not an ONNX model; it looks like an HTML or XML page, perhaps the answer of a server that did not "
            "have the file");
  EXPECT_EQ(loader.Feed(AsBytes(Serialize(ExampleModel()))).ToString(), first.ToString());
  EXPECT_EQ(loader.Finish().status().ToString(), first.ToString());
  Loader spent = Loader::Create();
  ASSERT_TRUE(spent.Feed(AsBytes(Serialize(ExampleModel()))).ok());
  ASSERT_TRUE(spent.Finish().ok());
  EXPECT_EQ(spent.Finish().status().message(), "this Loader cannot be used after Finish");
}

TEST(Loader, FunctionsAreInlined) {
  ::onnx::ModelProto proto = EmptyModel();
  proto.add_opset_import()->set_domain("local");
  proto.mutable_opset_import(1)->set_version(1);
  ::onnx::GraphProto* graph = proto.mutable_graph();
  SetTensorType(graph->add_input(), "x");
  SetTensorType(graph->add_output(), "y");
  AddAttribute(AddNode(graph->mutable_node(), "Outer", {"x"}, {"m"}, "first", "local"), "alpha",
               ::onnx::AttributeProto::FLOAT)
      ->set_f(0.25f);
  AddNode(graph->mutable_node(), "Outer", {"m"}, {"y"}, "second", "local");

  ::onnx::FunctionProto* outer = proto.add_functions();
  outer->set_name("Outer");
  outer->set_domain("local");
  outer->add_input("in");
  outer->add_input("unused");
  outer->add_output("out");
  outer->add_opset_import()->set_version(13);
  outer->add_opset_import()->set_domain("local");
  outer->mutable_opset_import(1)->set_version(1);
  auto* fallback = outer->add_attribute_proto();
  fallback->set_name("alpha");
  fallback->set_type(::onnx::AttributeProto::FLOAT);
  fallback->set_f(0.5f);
  AddNode(outer->mutable_node(), "Inner", {"in"}, {"t"}, "", "local");
  ::onnx::NodeProto* leaky = AddNode(outer->mutable_node(), "LeakyRelu", {"t"}, {"u"}, "leaky");
  leaky->add_attribute()->set_name("alpha");
  leaky->mutable_attribute(0)->set_ref_attr_name("alpha");
  leaky->mutable_attribute(0)->set_type(::onnx::AttributeProto::FLOAT);
  leaky->add_attribute()->set_name("beta");
  leaky->mutable_attribute(1)->set_ref_attr_name("not_given");
  AddNode(outer->mutable_node(), "Clip", {"u", "unused"}, {"v"}, "clip");
  ::onnx::NodeProto* branch = AddNode(outer->mutable_node(), "If", {"v"}, {"out"}, "branch");
  ::onnx::GraphProto* body = AddAttribute(branch, "then_branch", ::onnx::AttributeProto::GRAPH)->mutable_g();
  AddNode(body->mutable_node(), "Neg", {"t"}, {"b"}, "neg");
  SetTensorType(body->add_output(), "b", 1, {"n"});
  ::onnx::FunctionProto* inner = proto.add_functions();
  inner->set_name("Inner");
  inner->set_domain("local");
  inner->add_input("a");
  inner->add_output("b");
  inner->add_opset_import()->set_version(17);
  AddNode(inner->mutable_node(), "Abs", {"a"}, {"b"}, "abs");

  const Result<Model> loaded = LoadModel(proto);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const graph::Graph& flat = loaded->graph;
  std::vector<std::string> names;
  for (const graph::Node& node : flat.nodes) names.push_back(node.name);
  EXPECT_THAT(names, ElementsAre("first/Inner_0/abs", "first/leaky", "first/clip", "first/branch", "second/Inner_0/abs",
                                 "second/leaky", "second/clip", "second/branch"));
  EXPECT_EQ(FindNode(flat, "first/Inner_0/abs")->opset, 17);
  EXPECT_EQ(FindNode(flat, "first/leaky")->opset, 13);
  ASSERT_EQ(FindNode(flat, "first/leaky")->attributes.size(), 1u);
  EXPECT_EQ(std::get<float>(FindNode(flat, "first/leaky")->FindAttribute("alpha")->value), 0.25f);
  EXPECT_EQ(std::get<float>(FindNode(flat, "second/leaky")->FindAttribute("alpha")->value), 0.5f);
  EXPECT_EQ(FindNode(flat, "first/clip")->inputs[1], graph::kNoValue);
  EXPECT_EQ(FindNode(flat, "first/branch")->outputs[0], FindValue(flat, "m"));
  EXPECT_EQ(FindNode(flat, "second/Inner_0/abs")->inputs[0], FindValue(flat, "m"));
  const graph::Graph& inlined_body = *FindNode(flat, "second/branch")->Subgraphs()[0];
  ASSERT_EQ(inlined_body.captures.size(), 1u);
  EXPECT_EQ(inlined_body.captures[0].outer, FindNode(flat, "second/Inner_0/abs")->outputs[0]);
}

::onnx::FunctionProto* AddFunction(::onnx::ModelProto* model, const std::string& name) {
  ::onnx::FunctionProto* function = model->add_functions();
  function->set_name(name);
  function->set_domain("local");
  function->add_input("a");
  function->add_output("b");
  function->add_opset_import()->set_version(17);
  return function;
}

TEST(Loader, RecursiveAndExplosiveFunctionsAreRefused) {
  ::onnx::ModelProto recursive = EmptyModel();
  SetTensorType(recursive.mutable_graph()->add_input(), "x");
  AddNode(recursive.mutable_graph()->mutable_node(), "F", {"x"}, {"y"}, "call", "local");
  AddNode(AddFunction(&recursive, "F")->mutable_node(), "G", {"a"}, {"b"}, "", "local");
  AddNode(AddFunction(&recursive, "G")->mutable_node(), "F", {"a"}, {"b"}, "", "local");
  EXPECT_THAT(LoadError(recursive), HasSubstr("calls itself"));

  // Ten calls of ten calls of ten calls ...
  ::onnx::ModelProto bomb = EmptyModel();
  SetTensorType(bomb.mutable_graph()->add_input(), "x");
  AddNode(bomb.mutable_graph()->mutable_node(), "F0", {"x"}, {"y"}, "call", "local");
  for (int level = 0; level < 12; ++level) {
    ::onnx::FunctionProto* function = AddFunction(&bomb, StrCat("F", level));
    for (int i = 0; i < 10; ++i) {
      AddNode(function->mutable_node(), level < 11 ? StrCat("F", level + 1) : "Abs", {i ? StrCat("t", i) : "a"},
              {i < 9 ? StrCat("t", i + 1) : "b"}, "", level < 11 ? "local" : "");
    }
  }
  const Status exploded = Load(AsBytes(Serialize(bomb)), {.max_nodes = 10000}).status();
  EXPECT_EQ(exploded.code(), StatusCode::kResourceExhausted) << exploded.ToString();
}

TEST(Loader, FunctionsTakeOnlyWhatTheyDeclare) {
  ::onnx::ModelProto proto = EmptyModel();
  SetTensorType(proto.mutable_graph()->add_input(), "x");
  ::onnx::NodeProto* call = AddNode(proto.mutable_graph()->mutable_node(), "F", {"x"}, {"y"}, "call", "local");
  AddNode(AddFunction(&proto, "F")->mutable_node(), "Abs", {"a"}, {"b"});
  ASSERT_TRUE(LoadModel(proto).ok());
  AddAttribute(call, "extra", ::onnx::AttributeProto::INT);
  EXPECT_THAT(LoadError(proto), HasSubstr("function local::F has no attribute 'extra'"));
  call->clear_attribute();
  call->add_input("x");
  EXPECT_THAT(LoadError(proto), HasSubstr("has 1 inputs and 1 outputs; the call has 2"));
  call->mutable_input()->RemoveLast();
  proto.mutable_functions(0)->mutable_node(0)->set_input(0, "x");  // the caller's value, which a body cannot read
  EXPECT_THAT(LoadError(proto), HasSubstr("value 'x' is read but defined nowhere"));
}

TEST(Loader, FunctionOverloadsAreTold) {
  ::onnx::ModelProto proto = EmptyModel();
  SetTensorType(proto.mutable_graph()->add_input(), "x");
  AddNode(proto.mutable_graph()->mutable_node(), "F", {"x"}, {"y"}, "call", "local")->set_overload("two");
  for (const char* overload : {"one", "two"}) {
    ::onnx::FunctionProto* function = AddFunction(&proto, "F");
    function->set_overload(overload);
    AddNode(function->mutable_node(), overload[0] == 'o' ? "Abs" : "Neg", {"a"}, {"b"});
  }
  EXPECT_EQ(LoadModel(proto).value().graph.nodes[0].op_type, "Neg");
}

TEST(Loader, AFunctionThatPassesItsInputOnBecomesIdentity) {
  ::onnx::ModelProto proto = EmptyModel();
  SetTensorType(proto.mutable_graph()->add_input(), "x");
  SetTensorType(proto.mutable_graph()->add_output(), "y");
  AddNode(proto.mutable_graph()->mutable_node(), "F", {"x"}, {"y"}, "call", "local");
  AddFunction(&proto, "F")->set_output(0, "a");
  const Result<Model> model = LoadModel(proto);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(model->graph.nodes[0].op_type, "Identity");
}

}  // namespace
}  // namespace onedge::onnx

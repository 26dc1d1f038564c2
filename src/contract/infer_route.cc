// The Open Inference Protocol v2 with its binary tensor data extension: tensors in, tensors out. Specification:
// KServe's "Open Inference Protocol" and "Binary Tensor Data Extension". Binary data follows the JSON, in the order of
// the tensors.
#include "base/checked_math.h"
#include "contract/routes.h"
#include "contract/tensor_json.h"
#include "runtime/session.h"

namespace onedge::contract {
namespace {

class InferCall final : public Call {
 public:
  explicit InferCall(const RouteContext& context)
      : model_(context.model), body_(std::move(context.body)), binary_(context.binary) {}

  // Checks the parts that need no run.
  Status Check() {
    const JsonValue id = body_.Member("id");
    if (id && !id.is_string()) return InvalidArgument("id: expected a string");
    return ReadWanted();
  }

 private:
  struct Wanted {
    size_t output;
    bool binary;
  };

  const runtime::Model& model() const { return model_.pipeline->model(); }

  bool running() const override { return run_.has_value(); }
  Result<bool> Advance(runtime::Session& session, const runtime::RunOptions& options,
                       runtime::Deadline until) override {
    if (!run_) {
      std::vector<runtime::NamedValue> inputs;
      ONEDGE_RETURN_IF_ERROR(ReadInputs(inputs));
      ONEDGE_ASSIGN_OR_RETURN(run_, session.Start(inputs, options));
    }
    const Result<runtime::RunProgress> progress = run_->Step(until);
    if (progress.ok() && *progress != runtime::RunProgress::kDone) return true;
    const std::span<const Value> outputs = run_->outputs();
    run_.reset();
    ONEDGE_RETURN_IF_ERROR(progress.status());
    ONEDGE_RETURN_IF_ERROR(Write(outputs));
    return false;
  }

  Status ReadInputs(std::vector<runtime::NamedValue>& inputs) {
    const JsonValue given = body_.Member("inputs");
    if (!given.is_array()) return InvalidArgument("inputs: expected an array of tensors");
    size_t offset = 0;
    for (JsonCursor at(given); at.Next();) {
      const std::string_view name = at.value().Find("name").string();
      if (name.empty()) return InvalidArgument("inputs: expected a name for each tensor");
      for (const runtime::NamedValue& other : inputs) {
        if (other.name == name) return InvalidArgument("input '", name, "' is given twice");
      }
      Result<Tensor> tensor = ReadInput(at.value(), offset);
      if (!tensor.ok()) return std::move(tensor).status().WithContext(StrCat("input '", name, "'"));
      inputs.push_back({name, std::move(*tensor)});
    }
    if (offset == binary_.size()) return OkStatus();
    return InvalidArgument("inputs: expected ", offset, " bytes of binary data after the JSON, got ", binary_.size());
  }

  // `offset`: the start of the next input's binary data.
  Result<Tensor> ReadInput(JsonValue input, size_t& offset) {
    const std::string_view datatype = input.Find("datatype").string();
    const std::optional<DType> dtype = DTypeOfDatatype(datatype);
    if (!dtype) return InvalidArgument("datatype: expected one of ", Datatypes(), ", got '", datatype, "'");
    Shape shape;
    ONEDGE_RETURN_IF_ERROR(ReadShape(input.Find("shape"), shape));
    const JsonValue data = input.Find("data");
    const JsonValue size = input.Find("parameters").Find("binary_data_size");
    if (!size) return TensorFromJson(*dtype, shape, data, model().budget());
    if (data) return InvalidArgument("expected data or binary_data_size, got both");
    const size_t left = binary_.size() - offset;
    const auto count = size.Count(left);
    if (!count)
      return InvalidArgument("binary_data_size: expected at most the ", left, " bytes that are left, got ",
                             Shown(size));
    const auto bytes = binary_.subspan(offset, static_cast<size_t>(*count));
    offset += bytes.size();
    return TensorFromBinary(*dtype, shape, bytes, model().budget());
  }

  static Status ReadShape(JsonValue given, Shape& shape) {
    bool right = given.is_array();
    int64_t count = 1;
    for (JsonCursor at(given); right && at.Next();) {
      const auto dim = at.value().Count(uint64_t{1} << 53);
      right = dim.has_value();
      shape.push_back(static_cast<int64_t>(dim.value_or(0)));
      const std::optional<int64_t> product = CheckedMultiply(count, shape.back());
      if (!product) return InvalidArgument("shape: too many elements");
      count = *product;
    }
    return right ? OkStatus() : InvalidArgument("shape: expected an array of sizes");
  }

  // Reads which outputs are requested, and which of them are sent as binary data.
  Status ReadWanted() {
    const auto& outputs = model().outputs();
    bool all_binary = false;
    ONEDGE_RETURN_IF_ERROR(ReadFlagOf(body_.Member("parameters"), "binary_data_output", all_binary));
    const JsonValue asked = body_.Member("outputs");
    if (asked && !asked.is_array()) return InvalidArgument("outputs: expected an array");
    if (asked.size() == 0) {
      for (size_t i = 0; i < outputs.size(); ++i) wanted_.push_back({i, all_binary});
      return OkStatus();
    }
    for (JsonCursor at(asked); at.Next();) {
      const JsonValue output = at.value();
      const std::string_view name = output.Find("name").string();
      size_t found = 0;
      std::string known;
      for (; found < outputs.size() && outputs[found].name != name; ++found) {
        known += StrCat(known.empty() ? "" : ", ", outputs[found].name);
      }
      if (found == outputs.size()) {
        return InvalidArgument("outputs: unknown output \"", name, "\"; available: ", known);
      }
      const JsonValue parameters = output.Find("parameters");
      if (parameters.Find("classification")) {
        return InvalidArgument("output '", name, "': the classification extension is not supported; use /predict");
      }
      bool binary = all_binary;
      Status status = ReadFlagOf(parameters, "binary_data", binary);
      if (!status.ok()) return std::move(status).WithContext(StrCat("output '", name, "'"));
      wanted_.push_back({found, binary});
    }
    return OkStatus();
  }

  // A member of `parameters`; left as it is where it is missing or null.
  static Status ReadFlagOf(JsonValue parameters, const char* name, bool& value) {
    if (parameters && !parameters.is_null() && !parameters.is_object()) {
      return InvalidArgument("parameters: expected an object, got ", Shown(parameters));
    }
    const JsonValue member = parameters.Find(name);
    if (!member || member.is_null()) return OkStatus();
    if (!member.is_bool()) {
      return InvalidArgument("parameters: ", name, ": expected true or false, got ", Shown(member));
    }
    value = member.boolean();
    return OkStatus();
  }

  Status Write(std::span<const Value> values) {
    JsonWriter json;
    json.Object();
    json.Key("model_name").Text(model_.name);
    json.Key("model_version").Text(model_.version);
    if (const JsonValue id = body_.Member("id")) json.Key("id").Text(id.string());
    json.Key("outputs").Array();
    std::string blobs;
    bool binary = false;
    for (const Wanted& one : wanted_) {
      const std::string& name = model().outputs()[one.output].name;
      const Value& value = values[one.output];
      if (!value.is_tensor()) return Unsupported("output '", name, "': expected a tensor, got ", value.ToString());
      const Tensor& tensor = value.tensor();
      json.Object();
      json.Key("name").Text(name);
      json.Key("shape").Array();
      for (int64_t dim : tensor.shape()) json.Int(dim);
      json.End();
      json.Key("datatype").Text(DatatypeOf(tensor.dtype()));
      if (one.binary) {
        json.Key("parameters").Object().Key("binary_data_size").Uint(AppendBinary(tensor, blobs)).End();
        binary = true;
      } else {
        json.Key("data");
        Status status = TensorToJson(tensor, json);
        if (!status.ok()) return std::move(status).WithContext(StrCat("output '", name, "'"));
      }
      json.End();
    }
    json.End();
    json.End();
    ONEDGE_ASSIGN_OR_RETURN(answer_.body, json.ToString());
    if (!binary) return OkStatus();
    answer_.content_type = "application/octet-stream";
    answer_.json_length = answer_.body.size();
    answer_.body += blobs;
    return OkStatus();
  }

  ServedModel model_;
  RequestBody body_;
  std::span<const uint8_t> binary_;
  std::vector<Wanted> wanted_;
  std::optional<runtime::Run> run_;
};

}  // namespace

Result<std::unique_ptr<Call>> StartInfer(const RouteContext& context) {
  auto call = std::make_unique<InferCall>(context);
  ONEDGE_RETURN_IF_ERROR(call->Check());
  return std::unique_ptr<Call>(std::move(call));
}

}  // namespace onedge::contract

#include "wasm/contract_binding.h"

namespace onedge::wasm {
namespace {

// A limit from JS, where Infinity means no limit. undefined arrives as NaN.
Result<uint64_t> LimitOf(const char* name, double limit) {
  if (!(limit >= 0)) return InvalidArgument("limit '", name, "': expected a number from 0 on, or Infinity");
  return limit < 0x1p53 ? static_cast<uint64_t>(limit) : UINT64_MAX;
}

}  // namespace

val ContractHandle::Create(const std::shared_ptr<const api::Model>& model, const std::string& name,
                           const std::string& version) {
  auto session = model->CreateSession();
  if (!session.ok()) return Failure(session.status());
  auto handle = std::make_unique<ContractHandle>();
  handle->name_ = name;
  handle->version_ = version;
  handle->session_ = std::move(*session);
  return Own(std::move(handle));
}

val ContractHandle::Start(const std::string& route, const val& body, const val& json_length, double batch,
                          double tokens, double batch_tokens) {
  const Result<uint64_t> limits[] = {LimitOf("batch", batch), LimitOf("tokens", tokens),
                                     LimitOf("batch_tokens", batch_tokens)};
  for (const Result<uint64_t>& limit : limits) {
    if (!limit.ok()) return Failure(limit.status());
  }
  auto state = std::make_unique<State>();
  state->body = emscripten::convertJSArrayToNumberVector<uint8_t>(body);
  api::HttpRequest request{.route = route, .body = state->body};
  if (!json_length.isNull()) request.json_length = state->json_length = json_length.as<std::string>();
  state->call = session_->StartCall(name_, version_, request, {*limits[0], *limits[1], *limits[2]});
  size_t call = 0;
  while (call < calls_.size() && calls_[call]) ++call;
  if (call == calls_.size()) calls_.emplace_back();
  calls_[call] = std::move(state);
  return val(call);
}

val ContractHandle::Step(size_t call) {
  if (session_->StepCall(*calls_[call]->call)) return val::undefined();
  const std::unique_ptr<State> state = std::move(calls_[call]);
  const api::HttpAnswer& answer = state->call->answer();
  if (answer.status != 200) {
    val failure = Failure(answer.failure);
    failure["error"].set("status", answer.status);
    failure["error"].set("memory", answer.memory);
    return failure;
  }
  val out = val::object();
  out.set("contentType", ToJs(answer.content_type));
  if (answer.json_length) out.set("jsonLength", *answer.json_length);
  const auto* bytes = reinterpret_cast<const uint8_t*>(answer.body.data());
  out.set("body", val(emscripten::typed_memory_view(answer.body.size(), bytes)).call<val>("slice"));
  return out;
}

}  // namespace onedge::wasm

#include "server/routes.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/sha256.h"
#include "server/metadata.h"
#include "server/openapi.h"
#include "text/json.h"

namespace onedge::server {
namespace {

// A path with {placeholders} and what answers it.
struct Entry {
  std::string_view path;
  std::string_view core = {};  // POST: the route in api::HttpRequest; the model is in the body, or in the path
  bool open = false;           // without an API key
};
constexpr Entry kRoutes[] = {
    {.path = "/", .open = true},
    {.path = "/health", .open = true},
    {.path = "/v2/health/live", .open = true},
    {.path = "/v2/health/ready", .open = true},
    {.path = "/openapi.yaml", .open = true},
    {.path = "/metrics"},
    {.path = "/info"},
    {.path = "/v1/models"},
    {.path = "/v2"},
    {.path = "/v2/models/{model}"},
    {.path = "/v2/models/{model}/versions/{version}"},
    {.path = "/v2/models/{model}/ready"},
    {.path = "/v2/models/{model}/versions/{version}/ready"},
    {.path = "/v2/models/{model}/infer", .core = "infer"},
    {.path = "/v2/models/{model}/versions/{version}/infer", .core = "infer"},
    {.path = "/predict", .core = "predict"},
    {.path = "/embed", .core = "embed"},
    {.path = "/embed_all", .core = "embed_all"},
    {.path = "/rerank", .core = "rerank"},
    {.path = "/tokenize", .core = "tokenize"},
    {.path = "/decode", .core = "decode"},
    {.path = "/v1/embeddings", .core = "embeddings"},
};

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size() || std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr != &text[i + 1] + 2)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

struct Parameters {
  std::string model, version;
};

// Whether the path fits, and the values of its placeholders.
bool Matches(std::string_view pattern, std::string_view path, Parameters& parameters) {
  while (!pattern.empty() || !path.empty()) {
    if (pattern.empty() || path.empty() || pattern[0] != '/' || path[0] != '/') return false;
    const std::string_view wanted = pattern.substr(1, pattern.find('/', 1) - 1),
                           given = path.substr(1, path.find('/', 1) - 1);
    pattern.remove_prefix(1 + wanted.size());
    path.remove_prefix(1 + given.size());
    if (!wanted.starts_with('{')) {
      if (wanted != given) return false;
      continue;
    }
    const auto value = PercentDecoded(given);
    if (!value || value->empty()) return false;
    (wanted == "{model}" ? parameters.model : parameters.version) = *value;
  }
  return true;
}

// The value of a parameter of the query.
std::string QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return PercentDecoded(part.substr(name.size() + 1)).value_or("");
    }
  }
  return "";
}

// In a time that does not depend on where they differ.
bool Equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() != b.size();
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[b.empty() ? 0 : i % b.size()]);
  return difference == 0;
}

bool IsAllowed(const HttpRequest& request, const std::vector<std::string>& keys) {
  if (keys.empty()) return true;
  std::string_view given = request.Header("authorization").value_or("");
  constexpr std::string_view kBearer = "Bearer ";
  if (!given.starts_with(kBearer)) return false;
  given.remove_prefix(kBearer.size());
  bool any = false;
  for (const std::string& key : keys) any |= Equal(given, key);
  return any;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// InvalidArgument unless the body has one of these media types, or none.
Status CheckMediaType(const HttpRequest& request, std::initializer_list<std::string_view> types) {
  const auto header = request.Header("content-type");
  if (!header) return OkStatus();
  std::string type = LowerCase(header->substr(0, header->find(';')));
  while (type.ends_with(' ')) type.pop_back();
  if (std::ranges::find(types, type) != types.end()) return OkStatus();
  std::string expected;
  for (const std::string_view one : types) expected += (expected.empty() ? "" : " or ") + std::string(one);
  return Unsupported("content-type: expected ", expected, ", got '", type, "'");
}

Reply Json(std::string body) { return {.body = std::move(body)}; }

std::string DigestOf(std::string_view text) {
  Sha256 hash;
  hash.Update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return ToHex(hash.Finish());
}

// With an ETag; 304 if the client has it.
Reply Tagged(const HttpRequest& request, Reply reply) {
  const std::string tag = StrCat("\"", DigestOf(reply.body).substr(0, 32), "\"");
  const std::string_view wanted = request.Header("if-none-match").value_or("");
  if (wanted == "*" || (!wanted.empty() && wanted.find(tag) != std::string_view::npos))
    reply = {.status = 304, .content_type = ""};
  reply.headers.emplace_back("etag", tag);
  reply.headers.emplace_back("cache-control", "no-cache");
  return reply;
}

Reply HealthReply(const RouteContext& context) {
  JsonWriter out;
  out.Object().Key("models").Array();
  for (const auto& [name, versions] : context.models->all()) out.Text(name);
  out.End().Key("loaded").Array();
  for (const auto& [name, versions] : context.models->all()) {
    for (const ServedModelPtr& model : versions) out.Text(model->Id());
  }
  out.End().End();
  return Json(*out.ToString());
}

// OpenAI's list.
Reply ModelsReply(const RouteContext& context) {
  JsonWriter out;
  out.Object().Key("object").Text("list").Key("data").Array();
  for (const auto& [name, versions] : context.models->all()) {
    out.Object()
        .Key("id")
        .Text(name)
        .Key("object")
        .Text("model")
        .Key("created")
        .Int(0)
        .Key("owned_by")
        .Text("onedge")
        .End();
  }
  out.End().End();
  return Json(*out.ToString());
}

// Everything that is answered with GET.
Result<Reply> Get(const HttpRequest& request, const Entry& entry, const Parameters& parameters, std::string_view query,
                  const RouteContext& context, std::string& answered) {
  const std::string_view path = entry.path;
  if (path == "/") return Reply{.content_type = "text/html; charset=utf-8", .body = Page(*context.models)};
  if (path == "/health") return HealthReply(context);
  if (path == "/v2/health/live") return Json(R"({"live":true})");
  if (path == "/v2/health/ready") {
    if (context.draining) return UnavailableReply("the server is stopping");
    return Json(R"({"ready":true})");
  }
  if (path == "/openapi.yaml")
    return Tagged(request, {.content_type = "application/yaml; charset=utf-8", .body = std::string(kOpenApi)});
  if (path == "/metrics")
    return Reply{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = context.metrics->Text()};
  if (path == "/v1/models") return ModelsReply(context);
  if (path == "/v2") return Json(R"({"name":"onedge","version":"2","extensions":["binary_tensor_data"]})");
  const std::string reference = path == "/info" ? QueryValue(query, "model") : parameters.model;
  ONEDGE_ASSIGN_OR_RETURN(const ServedModelPtr model, context.models->Find(reference, parameters.version));
  answered = model->Id();
  if (path.ends_with("/ready")) {
    JsonWriter out;
    out.Object().Key("name").Text(model->name).Key("ready").Bool(true).End();
    ONEDGE_ASSIGN_OR_RETURN(std::string json, out.ToString());
    return Json(std::move(json));
  }
  ONEDGE_ASSIGN_OR_RETURN(std::string json,
                          path == "/info" ? InfoJson(*model, *context.workers)
                                          : ModelMetadataJson(*model, context.models->all().find(model->name)->second));
  return Tagged(request, Json(std::move(json)));
}

// The deadline of X-Request-Timeout: seconds, with a decimal point if need be.
Result<api::Deadline> DeadlineOf(const HttpRequest& request) {
  const auto header = request.Header("x-request-timeout");
  if (!header) return api::kNoDeadline;
  double seconds = 0;
  const auto end = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (end.ec != std::errc() || end.ptr != header->data() + header->size() || !(seconds > 0) || seconds > 1e6) {
    return InvalidArgument("x-request-timeout: expected seconds, for example 0.5, got '", *header, "'");
  }
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
}

Result<std::shared_ptr<Job>> Post(HttpRequest& request, const Entry& entry, const Parameters& parameters,
                                  const RouteContext& context, Reply& refused) {
  auto job = std::make_shared<Job>();
  job->route = entry.core;
  ONEDGE_ASSIGN_OR_RETURN(job->deadline, DeadlineOf(request));
  std::string reference = parameters.model;
  const bool infer = entry.core == "infer";
  const Status media = infer ? CheckMediaType(request, {"application/json", "application/octet-stream"})
                             : CheckMediaType(request, {"application/json"});
  if (!media.ok()) {
    refused = ErrorReply(415, media);
    return std::shared_ptr<Job>();
  }
  if (infer) {
    if (const auto length = request.Header("inference-header-content-length")) job->json_length = std::string(*length);
  } else {
    const auto document = JsonDocument::Parse(request.body, "the request's body");
    if (!document.ok() || !document->root().is_object()) {
      refused = ErrorReply(400, document.ok()
                                    ? InvalidArgument("the request's body is not a JSON object")
                                    : InvalidArgument("the request's body is not JSON: ", document.status().message()));
      return std::shared_ptr<Job>();
    }
    const JsonValue model = document->root().Find("model");
    if (model && !model.is_null() && !model.is_string())
      return InvalidArgument("'model': expected a string, got ", model.type_name());
    reference = model.string();
  }
  ONEDGE_ASSIGN_OR_RETURN(job->model, context.models->Find(reference, parameters.version));
  job->body = std::move(request.body);
  return job;
}

}  // namespace

std::optional<std::string_view> HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Routed Route(HttpRequest request, const RouteContext& context) {
  Routed routed;
  const size_t question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  const Entry* entry = nullptr;
  Parameters parameters;
  for (const Entry& one : kRoutes) {
    parameters = {};
    if (!entry && Matches(one.path, path, parameters)) {
      entry = &one;
      break;
    }
  }
  if (!entry) {
    routed.reply = ErrorReply(404, NotFound("unknown route ", path));
    return routed;
  }
  routed.route = entry->path;
  const bool posts = !entry->core.empty();
  const std::string allow = posts ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
  if (request.method == "OPTIONS") {
    routed.reply = {.status = 204, .content_type = ""};
    if (request.Header("access-control-request-method")) {
      routed.reply.headers = {{"access-control-allow-methods", allow},
                              {"access-control-max-age", "86400"},
                              {"vary", "access-control-request-headers"}};
      if (const auto wanted = request.Header("access-control-request-headers"))
        routed.reply.headers.emplace_back("access-control-allow-headers", *wanted);
    } else {
      routed.reply.headers = {{"allow", allow}};
    }
    return routed;
  }
  if (posts ? request.method != "POST" : request.method != "GET" && request.method != "HEAD") {
    routed.reply = ErrorReply(405, Unsupported(path, " takes ", allow, ", not ", request.method));
    routed.reply.headers.emplace_back("allow", allow);
    return routed;
  }
  if (!entry->open && !IsAllowed(request, *context.api_keys)) {
    routed.reply =
        ErrorReply(401, InvalidArgument("expected the header 'authorization: Bearer KEY' with a key of this server"));
    routed.reply.headers.emplace_back("www-authenticate", "Bearer");
    return routed;
  }
  if (const auto encoding = request.Header("content-encoding"); encoding && *encoding != "identity") {
    routed.reply = ErrorReply(415, Unsupported("content-encoding: expected none, got '", *encoding, "'"));
    return routed;
  }
  if (!posts) {
    auto reply = Get(request, *entry, parameters, query, context, routed.model);
    routed.reply = reply.ok() ? *std::move(reply) : ErrorReply(reply.status());
    return routed;
  }
  if (context.draining) {
    routed.reply = UnavailableReply("the server is stopping");
    return routed;
  }
  auto job = Post(request, *entry, parameters, context, routed.reply);
  if (!job.ok()) {
    routed.reply = ErrorReply(job.status());
  } else if (*job) {
    routed.job = *std::move(job);
    routed.model = routed.job->model->Id();
  }
  return routed;
}

}  // namespace onedge::server

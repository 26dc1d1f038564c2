// onedge serve: models over HTTP, by the contract of docs/openapi.yaml.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/files.h"
#include "server/http_server.h"

namespace onedge::cli {
namespace {

struct ServeOptions {
  std::vector<std::string> models;
  std::string device = "auto";
  std::string api_keys;
  size_t sessions = 0, threads_per_session = 1;
  bool quiet = false;
  server::ServerOptions server;
  server::WorkerOptions workers;
};

// The cores that a container really has: its quota of processor time, and the cores that it may run on.
size_t Cores() {
  size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  double used = 0, period = 0;
  if (quota >> used >> period && period > 0) cores = std::min(cores, static_cast<size_t>(std::max(1.0, used / period)));
  return cores;
}

// `argument`: a path, or NAME=PATH.
Status AddModel(const std::string& argument, const std::string& device, server::ServedModels& models) {
  std::error_code ignored;
  const size_t equals = std::filesystem::exists(argument, ignored) ? std::string::npos : argument.find('=');
  const std::string path = equals == std::string::npos ? argument : argument.substr(equals + 1);
  ONEDGE_ASSIGN_OR_RETURN(const auto model, LoadModel(path, {.device = device, .digest = true}));
  auto served = std::make_shared<server::ServedModel>();
  const api::Manifest& manifest = model->manifest();
  served->name = equals != std::string::npos ? argument.substr(0, equals)
                 : !manifest.name.empty()    ? manifest.name
                                             : std::filesystem::path(path).stem().string();
  if (served->name.empty() || served->name.find('@') != std::string::npos) {
    return InvalidArgument(argument, ": expected a name without @, got '", served->name, "'");
  }
  served->version = manifest.version.empty() ? "1" : manifest.version;
  served->description = model->DescribeJson();
  served->model = model;
  const Status status = models.Add(std::move(served));
  return status.ok() ? status : Status(status).WithContext(path);
}

// One key a line; empty lines do not count.
Result<std::vector<std::string>> ReadKeys(const std::string& path) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  std::vector<std::string> keys(1);
  for (const uint8_t byte : bytes) {
    if (byte == '\n')
      keys.emplace_back();
    else if (byte != '\r')
      keys.back() += static_cast<char>(byte);
  }
  std::erase(keys, "");
  if (keys.empty()) return InvalidArgument(path, ": --api-keys: the file has no keys");
  return keys;
}

// A model that cannot run is an error now, not at the first request.
Status WarmUp(const server::ServedModels& models) {
  for (const auto& [name, versions] : models.all()) {
    for (const auto& model : versions) {
      const auto session = model->model->CreateSession();
      if (!session.ok()) return Status(session.status()).WithContext(name);
    }
  }
  return OkStatus();
}

Status Serve(ServeOptions& options) {
  server::ServedModels models;
  for (const std::string& path : options.models) ONEDGE_RETURN_IF_ERROR(AddModel(path, options.device, models));
  ONEDGE_RETURN_IF_ERROR(WarmUp(models));
  if (!options.api_keys.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(options.server.api_keys, ReadKeys(options.api_keys));
  }
  const size_t threads = std::max<size_t>(1, options.threads_per_session);
  options.workers.threads_per_session = threads;
  options.workers.sessions = options.sessions > 0 ? options.sessions : std::max<size_t>(1, Cores() / threads);
  options.server.log_requests = !options.quiet;
  return server::RunServer(options.server, models, options.workers, [](const std::string& address) {
    std::printf("onedge listens on %s\n", address.c_str());
    std::fflush(stdout);
  });
}

}  // namespace

void AddServeCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Answer requests over HTTP");
  command->add_option("models", options->models, ".onnx or .onedge files; NAME=FILE gives another name")->required();
  command->add_option("--host", options->server.host, "address to listen on")->capture_default_str();
  command->add_option("--port", options->server.port, "port to listen on; 0: any free one")->capture_default_str();
  command->add_option("--socket", options->server.socket_path, "path of a Unix socket, instead of --host and --port");
  command->add_option("--device", options->device, "where to run: cpu, cuda or auto")->capture_default_str();
  command
      ->add_option("--sessions", options->sessions, "requests that run at the same time; 0: as many as there are cores")
      ->capture_default_str();
  command->add_option("--threads-per-session", options->threads_per_session, "threads of each run")
      ->capture_default_str();
  command->add_option("--queue", options->workers.queue, "requests that may wait; further ones get 429 at once")
      ->capture_default_str();
  command->add_option("--max-batch", options->workers.limits.batch, "inputs of one request");
  command->add_option("--max-tokens", options->workers.limits.tokens, "tokens of one text");
  command->add_option("--max-batch-tokens", options->workers.limits.batch_tokens, "tokens of one request");
  command->add_option("--max-body-bytes", options->server.max_body_bytes, "bytes of a request's body")
      ->capture_default_str();
  command
      ->add_option_function<double>(
          "--read-timeout",
          [options](double seconds) {
            options->server.read_timeout = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
          },
          "seconds in which a request must arrive; default: 30")
      ->check(CLI::Range(0.01, 86400.0));
  command->add_option("--api-keys", options->api_keys,
                      "file with one key a line; requests need one of them as bearer token");
  command->add_flag("--quiet", options->quiet, "no line on stderr for each request");
  command->callback([options, &result] { result = Serve(*options); });
}

}  // namespace onedge::cli

// session_bench MODEL.onnx THREADS NAME=DIMxDIM:FILL...: prints a line when the model is loaded, then times one run for
// each line on stdin and prints its milliseconds. The benchmark driver (run.mjs) alternates these runs with those of
// other runtimes. Inputs are int64 tensors with one value, such as input_ids=1x128:7.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "api/model.h"

namespace onedge {
namespace {

Result<runtime::NamedValue> ParseInput(std::string_view text) {
  const size_t equals = text.find('=');
  const size_t colon = text.find(':', equals);
  if (equals == std::string_view::npos || colon == std::string_view::npos) {
    return InvalidArgument("expected NAME=DIMxDIM:FILL, got '", text, "'");
  }
  Shape shape;
  std::string dim;
  for (char c : std::string(text.substr(equals + 1, colon - equals - 1)) + 'x') {
    if (c != 'x') {
      dim += c;
      continue;
    }
    shape.push_back(std::atoll(dim.c_str()));
    dim.clear();
  }
  const std::string fill(text.substr(colon + 1));
  const bool is_float = fill.find('.') != std::string::npos;
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(is_float ? DType::kFloat32 : DType::kInt64, shape));
  if (is_float) {
    std::fill_n(tensor.mutable_data<float>(), tensor.element_count(), std::strtof(fill.c_str(), nullptr));
  } else {
    std::fill_n(tensor.mutable_data<int64_t>(), tensor.element_count(), std::atoll(fill.c_str()));
  }
  return runtime::NamedValue{text.substr(0, equals), std::move(tensor)};
}

Status Bench(int argc, char** argv) {
  if (argc < 4) return InvalidArgument("usage: session_bench MODEL.onnx THREADS NAME=DIMxDIM:FILL...");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return NotFound(argv[1], ": cannot be read");
  const auto loader = api::ModelLoader::Create();
  std::vector<char> chunk(1 << 20);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), file.gcount() > 0) {
    ONEDGE_RETURN_IF_ERROR(
        loader->Feed({reinterpret_cast<const uint8_t*>(chunk.data()), static_cast<size_t>(file.gcount())}));
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto model, loader->Finish());
  const size_t thread_count = static_cast<size_t>(std::atoi(argv[2]));
  const auto threads = thread_count == 1 ? nullptr : ThreadPool::Create(thread_count);
  ONEDGE_ASSIGN_OR_RETURN(const auto session, model->CreateSession(threads.get()));
  std::vector<runtime::NamedValue> inputs;
  for (int i = 3; i < argc; ++i) {
    ONEDGE_ASSIGN_OR_RETURN(runtime::NamedValue input, ParseInput(argv[i]));
    inputs.push_back(std::move(input));
  }
  std::printf("ready\n");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    ONEDGE_RETURN_IF_ERROR(session->Run(inputs).status());
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("%.4f\n", elapsed.count());
    std::fflush(stdout);
  }
  return OkStatus();
}

}  // namespace
}  // namespace onedge

int main(int argc, char** argv) {
  const onedge::Status status = onedge::Bench(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "session_bench: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

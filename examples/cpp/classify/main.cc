// classify MODEL.onedge TEXT...: prints the best label of each text, with its score.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <onedge.hpp>

namespace {

onedge::Status Classify(int argc, char** argv) {
  if (argc < 3) return onedge::InvalidArgument("usage: classify MODEL.onedge TEXT...");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return onedge::NotFound(argv[1], ": cannot be read");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto loader = onedge::api::ModelLoader::Create();
  ONEDGE_RETURN_IF_ERROR(loader->Feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  ONEDGE_ASSIGN_OR_RETURN(const auto model, loader->Finish());
  ONEDGE_ASSIGN_OR_RETURN(const auto session, model->CreateSession());

  std::vector<onedge::api::TaskInput> inputs;
  for (int i = 2; i < argc; ++i) inputs.push_back({.text = argv[i]});
  ONEDGE_ASSIGN_OR_RETURN(const auto answers, session->RunTask(std::move(inputs)));
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto& best = answers[i].entries.front();
    std::printf("%s %.4f %s\n", best.label.c_str(), best.score, argv[i + 2]);
  }
  return onedge::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const onedge::Status status = Classify(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "classify: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

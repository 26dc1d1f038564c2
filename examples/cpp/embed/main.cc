// embed MODEL.onedge QUERY TEXT...: prints the cosine similarity of each text with the query, from the embeddings of
// the model (task feature-extraction).
#include <cstdio>
#include <fstream>
#include <iterator>
#include <onedge.hpp>

namespace {

onedge::Status Embed(int argc, char** argv) {
  if (argc < 4) return onedge::InvalidArgument("usage: embed MODEL.onedge QUERY TEXT...");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return onedge::NotFound(argv[1], ": cannot be read");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto loader = onedge::api::ModelLoader::Create();
  ONEDGE_RETURN_IF_ERROR(loader->Feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  ONEDGE_ASSIGN_OR_RETURN(const auto model, loader->Finish());
  ONEDGE_ASSIGN_OR_RETURN(const auto session, model->CreateSession());

  std::vector<onedge::api::TaskInput> inputs;
  for (int i = 2; i < argc; ++i) inputs.push_back({.text = argv[i]});
  ONEDGE_ASSIGN_OR_RETURN(const auto answers,
                          session->RunTask(std::move(inputs), R"({"pooling": "mean", "normalize": true})"));
  const std::vector<float>& query = answers[0].vector;  // of length 1, like the others
  for (size_t i = 1; i < answers.size(); ++i) {
    float similarity = 0;
    for (size_t j = 0; j < query.size(); ++j) similarity += query[j] * answers[i].vector[j];
    std::printf("%.4f %s\n", similarity, argv[i + 2]);
  }
  return onedge::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const onedge::Status status = Embed(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "embed: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

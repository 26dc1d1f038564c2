// onedge: runs, inspects and packs ONNX models from the command line.
#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app("onedge runs ONNX models: text or pixels in, an answer out.", "onedge");
  app.require_subcommand(1);
  app.set_version_flag("--version", ONEDGE_VERSION);
  onedge::Status result;
  onedge::cli::AddRunCommand(app, result);
  onedge::cli::AddInspectCommand(app, result);
  onedge::cli::AddTokenizeCommand(app, result);
  onedge::cli::AddPackCommand(app, result);
  onedge::cli::AddBatchCommand(app, result);
  onedge::cli::AddServeCommand(app, result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (result.ok()) return 0;
  std::fprintf(stderr, "onedge: %s\n", result.ToString().c_str());
  return 1;
}

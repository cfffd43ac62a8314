#include "demo/story/demo.h"

#include <cstdio>
#include <memory>

#include "data/transform/resize.h"
#include "demo/story/demo_text.h"
#include "flags/command_line.h"
#include "tensor/kernels.h"

namespace {

namespace story = clipwright::demo::story;

void add_flags(CLI::App& app) {
  app.description(
      "clipwright-demo: the whole story on real pictures: rewrite, check, train, evaluate, "
      "report.html");
  auto options = std::make_shared<story::DemoOptions>();
  app.add_option("--output", options->output,
                 "folder for pictures, rewrites, models, results and report.html")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--data", options->data,
                 "your own pairs instead of the composed scenes: a folder (x.jpg + x.txt), CSV, "
                 "JSONL, Parquet or tars; captions are rewritten live")
      ->type_name("SRC");
  app.add_option("--seeds", options->seeds,
                 "models to train of each kind; three or more for figures to rely on")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--seed", options->seed, "the first seed; the others follow it")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--steps", options->steps,
                 "training steps of each model; 0: chosen by the size of the data")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--live", options->live)
      ->description("rewrite every caption here instead of replaying the recorded rewrites");
  app.add_option("--limit", options->limit,
                 "with --live or --data: rewrite only the first N different captions; 0: all")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--modes", options->modes,
                 "styles of rewriting: chatgpt, bard, coco, human (default: all recorded; "
                 "chatgpt,bard with --data)")
      ->delimiter(',')
      ->type_name("MODE,...");
  app.add_flag("--equal-time", options->equal_time)
      ->description("also train CLIP and LaCLIP for the time that LaCLIP-MT took");
  app.add_flag("--family", options->family)
      ->description(
          "compare CLIP, DeCLIP's ladder, SLIP, FILIP and DeFILIP, each alone and with rewrites: "
          "a table instead of the report");
  app.footer(
      "A second call reuses what is done and goes on where an interrupted one stopped. The table "
      "goes to stdout; DIR gets report.html, results.json,\n"
      "evaluations.json (CLIP_benchmark's schema), runs/<model>-s<seed>/model (open_clip "
      "directories) and rewrites/rewrites.jsonl.\n\n"
      "Examples:\n"
      "  clipwright-demo\n"
      "  clipwright-demo --seeds 3 --equal-time --output demo-3\n"
      "  clipwright-demo --family --seeds 3 --steps 500 --output demo-family\n"
      "  clipwright-demo --data my-pictures --output my-demo --modes chatgpt,human\n"
      "  clipwright-demo --data /usr/share/tuxpaint/stamps --output demo-stamps");
  app.callback([options] {
    story::DemoOptions chosen = *options;
    if (chosen.family) chosen.arms = story::family_arms();
    std::fputs(story::to_text(story::run_demo(chosen)).c_str(), stdout);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const auto settle_kernels = [] {
    clipwright::tensor::avoid_failing_tensor_kernels();
    clipwright::data::transform::resize_choice();
  };
  return clipwright::flags::run({"clipwright-demo", add_flags, settle_kernels}, argc, argv);
}

#include "demo/story/demo.h"

#include <cstdio>
#include <memory>

#include "core/error.h"
#include "core/log.h"
#include "data/transform/resize.h"
#include "demo/pictures/scene_set.h"
#include "demo/story/demo_text.h"
#include "flags/command_line.h"
#include "tensor/kernels.h"

namespace {

namespace story = clipwright::demo::story;
namespace pictures = clipwright::demo::pictures;

void compose(const story::DemoOptions& options, const std::string& language) {
  clipwright::Progress progress("pictures", options.scenes + options.test_scenes);
  const pictures::SceneSet set = pictures::compose_scene_set(
      {.output = options.output / "scenes",
       .seed = options.seed,
       .train = options.scenes,
       .test = options.test_scenes,
       .language = language,
       .sources = options.sources,
       .on_progress = [&](int64_t done, int64_t) { progress.update(done); }});
  progress.finish();
  std::printf("%s\n", set.train.c_str());
  for (const auto& folder : {set.zeroshot, set.zeroshot_synonyms, set.zeroshot_other_hands,
                             set.retrieval_other_wording, set.retrieval_training_wording})
    std::printf("%s\n", folder.c_str());
}

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
  auto language = std::make_shared<std::string>("en");
  auto compose_only = std::make_shared<bool>(false);
  app.add_flag("--compose-only", *compose_only)
      ->description("only make the pictures, captions and test sets: DIR/scenes");
  app.add_option("--language", *language,
                 "of captions, class names and prompts, with --compose-only: en or de")
      ->type_name("CODE")
      ->capture_default_str();
  app.footer(
      "A second call reuses what is done and goes on where an interrupted one stopped. The table "
      "goes to stdout; DIR gets report.html, results.json,\n"
      "evaluations.json (CLIP_benchmark's schema), runs/<model>-s<seed>/model (open_clip "
      "directories) and rewrites/rewrites.jsonl.\n\n"
      "Examples:\n"
      "  clipwright-demo\n"
      "  clipwright-demo --seeds 3 --equal-time --output demo-3\n"
      "  clipwright-demo --family --seeds 3 --steps 500 --output demo-family\n"
      "  clipwright-demo --compose-only --language de --output demo-de\n"
      "  clipwright-demo --data my-pictures --output my-demo --modes chatgpt,human\n"
      "  clipwright-demo --data /usr/share/tuxpaint/stamps --output demo-stamps");
  app.callback([options, language, compose_only] {
    if (*compose_only) {
      compose(*options, *language);
      return;
    }
    if (*language != "en") {
      clipwright::fail_usage("--language " + *language + " without --compose-only",
                             "the whole story is told in English alone",
                             "Add --compose-only and train with 'clipwright train'.");
    }
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

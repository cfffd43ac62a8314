// A run's folder as training leaves it, by hand, around a golden model.
#pragma once

#include "core/file.h"
#include "core/json.h"
#include "tests/temporary_folder.h"

namespace clipwright::card {

inline const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

inline void write_run(const TemporaryFolder& folder) {
  fs::create_directories(folder / "run/model");
  for (const char* name : {"open_clip_config.json", "open_clip_model.safetensors"})
    fs::copy_file(kGolden / "models/vit" / name, folder / (std::string("run/model/") + name));
  folder.write("run/config.toml",
               "[data]\ntrain-data = \"pairs/{0..9}.tar\"\nval-data = \"held.tar\"\n"
               "[captions]\nrewrites = [\"" +
                   (folder / "texts/human.txt") + "\", \"" + (folder / "bare/other.jsonl") +
                   "\"]\ncaption-policy = \"uniform\"\nkeep-if = \"audit.score >= 0.6\"\n"
                   "[model]\nmodel = \"tiny-32\"\n"
                   "[objective]\nobjective = \"laclip\"\n"
                   "[optim]\nlr = 0.001\nbatch-size = 64\n"
                   "[run]\nlogs = \"logs\"\n");
  folder.write("run/run.json",
               R"({"pairs": 12345, "rewrites": 2, "validation_pairs": 10, "sessions": [
                 {"from_step": 0, "device": "cpu", "kernels": "cpu, onednn, AVX512 kernels, 2 threads",
                  "processor": "Some Processor", "threads": 2, "memory": 17179869184, "to_step": 100}],
                 "done": true, "steps": 100, "samples": 6400, "skipped": 3, "seconds": 75.0,
                 "loss": 1.25, "val_loss": 2.5})");
  folder.write("run/checkpoints/step_100/DONE", "{}");
  folder.write("run/checkpoints/step_100/state.json",
               R"({"machine": "cpu", "trajectory": {"starting weights": "drawn from the seed",
                 "data fingerprint": "abc123"}})");
  folder.write("texts/recipes.json",
               R"({"human": {"recipe": "00", "description": {"engine": "llama", "temperature": 0.9,
                 "top_p": 0.95, "seed": 7, "details": {"model": "some.gguf",
                 "model_name": "Some | Model", "model_licence": "apache-2.0"}}}})");
}

}  // namespace clipwright::card

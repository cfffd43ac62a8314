#include "train/folder/status_line.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipwright::train::folder {
namespace {

TEST(StatusLine, SaysWhatMattersInOneLine) {
  options::StepReport report;
  report.step = 1240;
  report.total_steps = 46900;
  report.epoch = 0.93;
  report.loss = 4.12034;
  report.loss_z = -0.31;
  report.terms = {{"contrastive", 4.12034}};
  report.logit_scale = 21.4;
  report.lr = 9.3e-4;
  report.grad_norm = 0.82;
  report.samples_per_s = 1312.2;
  report.data_wait = 0.012;
  report.skipped = 3;
  report.seconds_left = 9 * 3600 + 41 * 60;
  report.val_loss = std::nan("");
  EXPECT_EQ(status_text(report),
            "step 1,240/46,900  epoch 0.93  loss 4.1203 (z -0.3)  contrastive 4.1203  scale 21.4  "
            "lr 9.3e-04  |g| 0.82  1,312 img/s  wait 1 %  "
            "skipped 3  left 9 h 41 min");
}

TEST(StatusLine, TheLastStepHasNoTimeLeft) {
  options::StepReport report;
  report.step = report.total_steps = 10;
  report.val_loss = 1.5;
  const std::string text = status_text(report);
  EXPECT_EQ(text.find("left"), std::string::npos) << text;
  EXPECT_NE(text.find("val loss 1.5000"), std::string::npos) << text;
}

}  // namespace
}  // namespace clipwright::train::folder

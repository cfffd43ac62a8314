#include "losses/terms/multi_text.h"

#include "core/error.h"
#include "losses/class_tokens.h"
#include "losses/drawing.h"
#include "losses/terms/contrastive.h"

namespace clipwright::losses::terms {
namespace {

constexpr const char* kClassTokensOption = "class-tokens";

int64_t class_tokens_of(const TermOptions& options) { return options.count(kClassTokensOption); }

}  // namespace

Tensor multi_text(const std::vector<Tensor>& images, const std::vector<Tensor>& texts,
                  const Tensor& scale, MultiTextConstant constant) {
  CW_CHECK(!images.empty() && !texts.empty(), "multi_text needs a picture and a text");
  Tensor sum = info_nce(images[0], texts[0], scale);
  for (size_t slot = 1; slot < texts.size(); ++slot)
    sum = sum + info_nce(images[slot % images.size()], texts[slot], scale);
  const size_t rewrites = texts.size() - 1;
  if (rewrites == 0) return sum;
  return sum / static_cast<double>(constant == MultiTextConstant::kPaper ? rewrites : texts.size());
}

MultiText::MultiText(const TermSetting& setting)
    : constant_(setting.options.is("constant", "paper") ? MultiTextConstant::kPaper
                                                        : MultiTextConstant::kMean) {
  const TowerWidths& widths = setting.widths;
  for (int64_t j = 1; j < class_tokens_of(setting.options); ++j) {
    CW_CHECK(!widths.class_token.empty(), "class tokens need a tower that has one");
    const std::string name = "branch." + std::to_string(j) + ".class_embedding";
    class_tokens_.push_back(
        add_parameter(name,
                      drawn_normal({widths.class_token.back()}, widths.class_token_deviation,
                                   setting.seed, "multi-text." + name),
                      widths.class_token));
  }
}

Wants MultiText::wants() const {
  return {.views = {{.embedding = true, .branches = !class_tokens_.empty()}},
          .texts = {{.embedding = true}},
          .rewrites = true,
          .scale = true};
}

Tensor MultiText::loss(const Features& all) {
  std::vector<Tensor> texts = {all.texts.at(0).unit};
  for (const TextFeatures& rewrite : all.rewrites) texts.push_back(rewrite.unit);
  const ImageFeatures& view = all.views.at(0);
  std::vector<Tensor> images = {view.unit};
  for (size_t j = 0; j < class_tokens_.size(); ++j)
    images.push_back(view.unit_branches.select(1, static_cast<int64_t>(j)));
  return multi_text(images, texts, all.logit_scale, constant_);
}

void MultiText::write_beside(const std::filesystem::path& model, const Wants&) const {
  if (class_tokens_.empty()) return;
  const torch::NoGradGuard no_grad;
  write_class_tokens(model, at::stack(class_tokens_));
}

TermKind multi_text_kind() {
  return {
      .name = "multi-text",
      .summary = "The contrastive loss of each picture with every text that it has.",
      .source =
          "Fan et al. 2023 (LaCLIP), multi-text loss; class-tokens: Wang et al. 2024, arXiv "
          "2412.00440",
      .options = {{.name = "constant",
                   .fallback = "paper",
                   .help = "divides the sum over M + 1 texts by M (paper) or by M + 1 (mean)",
                   .choices = {"paper", "mean"}},
                  {.name = kClassTokensOption,
                   .fallback = "1",
                   .help = "embeddings of a picture, each from a class token of its own: text j "
                           "is matched with number j modulo this; the model keeps number 0, "
                           "class_tokens.safetensors the others",
                   .least = 1,
                   .whole = true,
                   .most = 1024}},
      .reads_rewrites = true,
      .class_tokens = class_tokens_of,
      .make = [](const TermSetting& setting) { return std::make_shared<MultiText>(setting); }};
}

}  // namespace clipwright::losses::terms

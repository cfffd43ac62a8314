#include "eval/paired/text_table.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::paired {
namespace {

TextTable table() {
  return {.caption = "Per cent & points_1",
          .columns = {"model", "fgvc_aircraft", "pets, #2"},
          .rows = {{"base|1",
                    "\xE2\x88\x92"
                    "1.0",
                    {"88.5", true}},
                   {"a~b^c\\d{e}$", "12.0 \xC2\xB1 0.4", "\xE2\x80\x93"}}};
}

TEST(TextTable, Markdown) {
  EXPECT_EQ(to_markdown(table()),
            "Per cent & points_1\n\n"
            "| model | fgvc_aircraft | pets, #2 |\n"
            "|---|---:|---:|\n"
            "| base\\|1 | \xE2\x88\x92"
            "1.0 | **88.5** |\n"
            "| a~b^c\\d{e}$ | 12.0 \xC2\xB1 0.4 | \xE2\x80\x93 |\n");
}

TEST(TextTable, Csv) {
  EXPECT_EQ(to_csv(table()),
            "model,fgvc_aircraft,\"pets, #2\"\n"
            "base|1,\xE2\x88\x92"
            "1.0,88.5\n"
            "a~b^c\\d{e}$,12.0 \xC2\xB1 0.4,\xE2\x80\x93\n");
}

TEST(TextTable, LatexIsEscaped) {
  EXPECT_EQ(
      to_latex(table()),
      "\\begin{table}\n\\centering\n\\caption{Per cent \\& points\\_1}\n"
      "\\begin{tabular}{lrr}\n\\toprule\nmodel & fgvc\\_aircraft & pets, \\#2 \\\\\n\\midrule\n"
      "base|1 & $-$1.0 & \\textbf{88.5} \\\\\n"
      "a\\textasciitilde{}b\\textasciicircum{}c\\textbackslash{}d\\{e\\}\\$ & "
      "12.0 $\\pm$ 0.4 & -- \\\\\n"
      "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

TEST(TextTable, LatexCompiles) {
  if (std::system("pdflatex --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no pdflatex here";
  TemporaryFolder folder;
  write_file(folder / "t.tex", "\\documentclass{article}\\usepackage{booktabs}\\begin{document}" +
                                   to_latex(table()) + "\\end{document}\n");
  EXPECT_EQ(std::system(("cd " + folder.path().string() +
                         " && pdflatex -interaction=nonstopmode -halt-on-error t.tex > /dev/null")
                            .c_str()),
            0);
}

}  // namespace
}  // namespace clipwright::eval::paired

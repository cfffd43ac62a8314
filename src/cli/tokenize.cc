#include <cstdio>

#include "cli/commands.h"
#include "text/bpe/tokenize_stream.h"

namespace clipwright::cli {

void add_tokenize_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand("tokenize", "Token ids of captions");
  command->description(
      "Reads a caption a line from standard input and writes its token ids a line to standard "
      "output, separated by spaces, with\n"
      "start (49406) and end (49407) token, unpadded, cut to the context with the end token last. "
      "Captions are cleaned as CLIP's\n"
      "reference tokenizer does (mojibake, HTML references, white space, lower case); bytes that "
      "are not UTF-8 count as U+FFFD.");
  auto context_length = std::make_shared<int>(text::bpe::kContextLength);
  command
      ->add_option("--context-length", *context_length,
                   "most ids a caption may have, start and end included")
      ->capture_default_str()
      ->check(CLI::Range(2, 1 << 20))
      ->type_name("N");
  command->footer(
      "Examples:\n"
      "  echo 'a photo of a cat' | clipwright tokenize        # 49406 320 1125 539 320 2368 49407\n"
      "  clipwright tokenize --context-length 32 < captions.txt > ids.txt");
  command->callback([context_length] {
    text::bpe::tokenize_lines(text::bpe::Tokenizer::standard(), stdin, stdout, *context_length);
  });
}

}  // namespace clipwright::cli

#include "rewrite/prompt/translation_prompt.h"

#include <vector>

#include "core/error.h"

namespace clipwright::rewrite::prompt {
namespace {

constexpr std::array<std::string_view, 4> kEnglish = {
    "a wooden boat tied to a pier", "two children playing football in the rain",
    "an old man reading a newspaper on a bench", "a red bicycle leaning against a white wall"};
constexpr std::array<std::string_view, 4> kAgain = {
    "a boat made of wood is moored at a jetty", "two kids kick a ball around while it rains",
    "an elderly man sits on a bench with his newspaper", "against a white wall stands a red bike"};

constexpr PivotLanguage language(std::string_view code, std::string_view name,
                                 const std::array<std::string_view, 4>& pivot) {
  PivotLanguage result{code, name, {}};
  for (size_t i = 0; i < pivot.size(); ++i) result.captions[i] = {kEnglish[i], pivot[i], kAgain[i]};
  return result;
}

constexpr std::array<PivotLanguage, 6> kLanguages = {
    language("de", "German",
             {"ein Holzboot, das an einem Steg festgemacht ist",
              "zwei Kinder, die im Regen Fu\u00dfball spielen",
              "ein alter Mann, der auf einer Bank Zeitung liest",
              "ein rotes Fahrrad, das an einer wei\u00dfen Wand lehnt"}),
    language("es", "Spanish",
             {"un bote de madera amarrado a un muelle",
              "dos ni\u00f1os jugando al f\u00fatbol bajo la lluvia",
              "un anciano leyendo el peri\u00f3dico en un banco",
              "una bicicleta roja apoyada en una pared blanca"}),
    language("fr", "French",
             {"un bateau en bois amarr\u00e9 \u00e0 un ponton",
              "deux enfants jouant au football sous la pluie",
              "un vieil homme lisant un journal sur un banc",
              "un v\u00e9lo rouge appuy\u00e9 contre un mur blanc"}),
    language("it", "Italian",
             {"una barca di legno ormeggiata a un molo",
              "due bambini che giocano a calcio sotto la pioggia",
              "un uomo anziano che legge il giornale su una panchina",
              "una bicicletta rossa appoggiata a un muro bianco"}),
    language(
        "nl", "Dutch",
        {"een houten boot die aan een steiger ligt", "twee kinderen die in de regen voetballen",
         "een oude man die op een bank een krant leest",
         "een rode fiets die tegen een witte muur leunt"}),
    language(
        "pt", "Portuguese",
        {"um barco de madeira amarrado a um cais", "duas crian\u00e7as jogando futebol na chuva",
         "um homem idoso lendo jornal em um banco",
         "uma bicicleta vermelha encostada em uma parede branca"}),
};

/// `from: a` / `to: b` blocks, the last one open.
template <typename Pick>
PromptText translate(const PivotLanguage& language, std::string_view from, std::string_view to,
                     std::string_view text, Pick pick) {
  PromptText prompt;
  prompt.prefix = "Captions of pictures, translated from " + std::string(from) + " into " +
                  std::string(to) + " with the same meaning.";
  const auto block = [&](std::string& at, std::string_view a) {
    at.append("\n\n").append(from).append(": ").append(a).append("\n").append(to).append(":");
  };
  for (const TranslatedCaption& caption : language.captions) {
    const auto [a, b] = pick(caption);
    block(prompt.prefix, a);
    prompt.prefix.append(" ").append(b);
  }
  block(prompt.body, caption_for_prompt(text));
  return prompt;
}

}  // namespace

const std::array<PivotLanguage, 6>& all_pivot_languages() { return kLanguages; }

const PivotLanguage& pivot_language(std::string_view code) {
  std::vector<std::string> codes;
  std::string listed;
  for (const PivotLanguage& language : kLanguages) {
    if (language.code == code) return language;
    codes.emplace_back(language.code);
    listed += (listed.empty() ? "" : ", ") + codes.back() + " (" + std::string(language.name) + ")";
  }
  fail_usage("there are no prompts for --pivot " + std::string(code), listed);
}

PromptText prompt_there(const PivotLanguage& language, std::string_view caption) {
  return translate(language, "English", language.name, caption,
                   [](const TranslatedCaption& c) { return std::pair(c.english, c.pivot); });
}

PromptText prompt_back(const PivotLanguage& language, std::string_view translated) {
  return translate(language, language.name, "English", translated,
                   [](const TranslatedCaption& c) { return std::pair(c.pivot, c.again); });
}

}  // namespace clipwright::rewrite::prompt

#include "lexicon/word_class.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lexicon/word_table.h"
#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

constexpr std::string_view kFunctionWords =
    "a an the this that these those some any each every all another other others such same own of "
    "in on at by for from to into onto with "
    "within about above across after against along among amid around as before behind below "
    "beneath beside besides between beyond but "
    "despite down during except inside like near off out outside over past per since through "
    "throughout till toward towards under "
    "underneath until up upon via while and or so yet if then than though although because unless "
    "when where whereas whether which who "
    "whom whose what why how i me my mine myself we us our ours you your yours he him his himself "
    "she her hers herself it its itself they "
    "them their theirs themselves one's someone something anyone anything everyone everything "
    "somebody be is am are was were been being "
    "do does did done doing have has had having will would shall should can could may might must "
    "let lets get gets got getting make makes "
    "made making take takes took taken taking go goes went gone going come comes came coming put "
    "puts putting seem seems look looks "
    "looking appear appears appearing used use uses using there here it's that's there's he's "
    "she's they're i'm i've you're we're also "
    "just only very really quite rather too much many more most few fewer less least several lot "
    "lots bit enough even still already "
    "almost again ever now once often always usually perhaps maybe well ahead away back together "
    "apart both's etc vs amp quot s t re ve ll "
    "d m various certain kind kinds type types sort sorts piece pieces part parts thing things "
    "stuff way ways set sets group groups bunch "
    "contain contains containing include includes including included feature features featuring "
    "featured show shows showing shown depict "
    "depicts depicting depicted display displays displaying displayed represent represents "
    "representing see seen sees seeing view viewed "
    "known called named place placed sit sits sitting stand stands standing lie lies lying hold "
    "holds holding sat stood next top front "
    "side middle center centre bottom left right small large big little tall long short huge tiny "
    "giant great good nice new";

constexpr std::string_view kStyleWords =
    "photo photos photograph photographs photography photographic photographer picture pictures "
    "pictured image images imagery icon icons "
    "emoji emojis clipart clip art illustration illustrations illustrated drawing drawings drawn "
    "sketch sketched painting painted artwork "
    "graphic graphics logo symbol symbols sign vector stock footage render rendering rendered "
    "cartoon portrait snapshot shot shots scene "
    "scenes background backgrounds backdrop foreground closeup close detail details detailed angle "
    "png jpg jpeg gif svg webp bmp tiff file "
    "files wallpaper design designs style styles styled pattern version example beautiful "
    "beautifully pretty lovely stunning gorgeous "
    "amazing wonderful magnificent elegant charming cute adorable attractive perfect impressive "
    "vibrant vivid vividly bright brightly "
    "colorful colourful colored coloured color colour colors colours isolated realistic simple "
    "plain classic typical traditional modern "
    "unique special different interesting popular common famous free download royalty copy space "
    "digital hd uhd high quality resolution "
    "visible clearly captured capturing capture captures describe describes description caption "
    "text title object objects item items";

constexpr std::string_view kNegations =
    "no not never without none nobody nothing neither nor nowhere cannot isnt arent wasnt dont "
    "doesnt cant";
constexpr std::string_view kMaybeNegations =
    "empty lacking lacks lack absent missing free devoid unable hardly barely minus excluding "
    "avoid avoiding prohibit prohibits prohibited prohibiting forbid forbids forbidden forbidding "
    "ban bans banned banning stop "
    "refuse refuses refusing";

struct Numbered {
  std::string_view word;
  int32_t value;
};
constexpr Numbered kNumbers[] = {
    {"zero", 0},       {"two", 2},         {"three", 3},         {"four", 4},
    {"five", 5},       {"six", 6},         {"seven", 7},         {"eight", 8},
    {"nine", 9},       {"ten", 10},        {"eleven", 11},       {"twelve", 12},
    {"thirteen", 13},  {"fourteen", 14},   {"fifteen", 15},      {"sixteen", 16},
    {"seventeen", 17}, {"eighteen", 18},   {"nineteen", 19},     {"twenty", 20},
    {"thirty", 30},    {"forty", 40},      {"fourty", 40},       {"fifty", 50},
    {"sixty", 60},     {"seventy", 70},    {"eighty", 80},       {"ninety", 90},
    {"hundred", 100},  {"thousand", 1000}, {"million", 1000000}, {"billion", 1000000000},
    {"dozen", 12},
};
constexpr Numbered kMaybeNumbers[] = {
    {"one", 1},          {"single", 1},  {"alone", 1},   {"lone", 1},    {"solo", 1},
    {"pair", 2},         {"pairs", 2},   {"couple", 2},  {"both", 2},    {"twin", 2},
    {"twins", 2},        {"duo", 2},     {"double", 2},  {"trio", 3},    {"triple", 3},
    {"triplets", 3},     {"quartet", 4}, {"quintet", 5}, {"dozens", 12}, {"hundreds", 100},
    {"thousands", 1000}, {"half", 2},
};
constexpr Numbered kOrdinals[] = {
    {"third", 3},     {"fourth", 4},   {"fifth", 5},       {"sixth", 6},
    {"seventh", 7},   {"eighth", 8},   {"ninth", 9},       {"tenth", 10},
    {"eleventh", 11}, {"twelfth", 12}, {"thirteenth", 13}, {"twentieth", 20},
};

// One family a line; words of a family do not contradict each other.
constexpr std::string_view kColourFamilies[] = {
    "red reds reddish crimson scarlet maroon burgundy vermilion",
    "blue blues bluish navy azure cyan turquoise teal indigo aqua cobalt",
    "green greens greenish emerald turquoise teal",
    "yellow yellows yellowish",
    "orange",
    "purple purples purplish mauve lilac magenta",
    "pink pinks pinkish magenta fuchsia",
    "brown browns brownish beige khaki tan",
    "black blacks blackish ebony",
    "white whites whitish",
    "gray grey grays greys grayish greyish silvery",
};
constexpr std::string_view kMaybeColourFamilies[] = {
    "ruby cherry wine rust",
    "sapphire sky",
    "olive lime mint jade",
    "gold golden blond blonde mustard amber lemon",
    "coral peach copper apricot",
    "violet lavender plum",
    "rose salmon",
    "bronze chocolate chestnut hazel bay",
    "jet",
    "ivory cream pearl",
    "silver ash charcoal",
};
constexpr std::string_view kForeignWords =
    "le les des une dans avec sur est qui pas aux ces cette pour du et au der das und ist ein eine "
    "einen einer mit auf für nicht von dem den "
    "zu im el los las una del con para por sus il gli della delle nel nella di che sono uno um uma "
    "dos das com não na nos het een op met "
    "voor naar zijn och på som är av på ett og med til af jest nie się na dla i";

template <typename Use>
void each_word(std::string_view words, Use use) {
  size_t at = 0;
  while (at < words.size()) {
    const size_t end = std::min(words.find(' ', at), words.size());
    use(words.substr(at, end - at));
    at = end + 1;
  }
}

class Lexicon {
 public:
  Lexicon() : table_(2048) {
    each_word(kNegations, [&](std::string_view word) { add(word, WordClass::kNegation, 0); });
    each_word(kMaybeNegations,
              [&](std::string_view word) { add(word, WordClass::kMaybeNegation, 0); });
    for (const Numbered& number : kNumbers) add(number.word, WordClass::kNumber, number.value);
    for (const Numbered& number : kMaybeNumbers)
      add(number.word, WordClass::kMaybeNumber, number.value);
    for (const Numbered& number : kOrdinals) add(number.word, WordClass::kOrdinal, number.value);
    // A word in two families (teal) belongs to both: families are bits.
    for (size_t family = 0; family < std::size(kColourFamilies); ++family) {
      const WordClass kind =
          kColourFamilies[family] == "orange" ? WordClass::kMaybeColour : WordClass::kColour;
      each_word(kColourFamilies[family],
                [&](std::string_view word) { add(word, kind, 1 << family); });
      each_word(kMaybeColourFamilies[family],
                [&](std::string_view word) { add(word, WordClass::kMaybeColour, 1 << family); });
    }
    each_word(kStyleWords, [&](std::string_view word) { add(word, WordClass::kStyle, 0); });
    each_word(kFunctionWords, [&](std::string_view word) { add(word, WordClass::kFunction, 0); });
    each_word(kForeignWords, [&](std::string_view word) {
      if (word.size() > 1) add(word, WordClass::kForeign, 0);
    });
  }

  WordEntry find(uint64_t hash) const {
    const uint32_t at = table_.find(hash);
    return at == WordTable::kAbsent ? WordEntry{} : entries_[at];
  }

 private:
  void add(std::string_view word, WordClass kind, int32_t value) {
    const uint32_t at = table_.insert(word_hash(word), static_cast<uint32_t>(entries_.size()));
    if (at == entries_.size()) {
      entries_.push_back({kind, value});
    } else if (entries_[at].kind == kind && kind == WordClass::kColour) {
      entries_[at].value |= value;
    }
  }

  WordTable table_;
  std::vector<WordEntry> entries_;
};

const Lexicon& lexicon() {
  static const Lexicon lexicon;
  return lexicon;
}

}  // namespace

WordEntry classify_word(uint64_t hash) { return lexicon().find(hash); }

bool is_function_word(uint64_t hash) {
  const WordClass kind = classify_word(hash).kind;
  return kind == WordClass::kFunction || kind == WordClass::kNegation;
}

}  // namespace clipwright::lexicon

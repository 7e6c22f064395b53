"""English spelling to sounds: a list of irregular words, and letter-to-sound rules for the others.

The rules are written in the form of Elovitz et al. 1976 (letters between what stands before and after them) but are
fewer and our own. They err like a beginner who reads aloud; for lips in motion that suffices.
"""

from __future__ import annotations

import re
from functools import lru_cache

PAUSES_S = {",": 0.22, ";": 0.28, ":": 0.28, ".": 0.42, "!": 0.42, "?": 0.42, "-": 0.12}
"""How long one pauses at a mark."""

_IRREGULAR = {
    word: sounds
    for line in """
a AH|the DH AH|of AH V|to T UW|and AE N D|in IH N|is IH Z|it IH T|you Y UW|that DH AE T|he HH IY|was W AA Z|for F AO R
on AA N|are AA R|as AE Z|with W IH DH|his HH IH Z|they DH EY|i AY|at AE T|be B IY|this DH IH S|have HH AE V
from F R AH M
or AO R|one W AH N|had HH AE D|by B AY|word W ER D|but B AH T|not N AA T|what W AH T|all AO L|were W ER|we W IY
when W EH N|your Y AO R|can K AE N|said S EH D|there DH EH R|use Y UW Z|an AE N|each IY CH|which W IH CH|she SH IY
do D UW|how HH AW|their DH EH R|if IH F|will W IH L|up AH P|other AH DH ER|about AH B AW T|out AW T|many M EH N IY
then DH EH N|them DH EH M|these DH IY Z|so S OW|some S AH M|her HH ER|would W UH D|make M EY K|like L AY K|him HH IH M
into IH N T UW|time T AY M|has HH AE Z|look L UH K|two T UW|more M AO R|write R AY T|go G OW|see S IY|no N OW
way W EY|could K UH D|people P IY P AH L|my M AY|than DH AE N|first F ER S T|water W AO T ER|been B IH N|who HH UW
its IH T S|now N AW|find F AY N D|long L AO NG|down D AW N|day D EY|did D IH D|get G EH T|come K AH M|made M EY D
may M EY|part P AA R T|over OW V ER|new N UW|sound S AW N D|take T EY K|only OW N L IY|little L IH T AH L|work W ER K
know N OW|place P L EY S|year Y IH R|live L IH V|me M IY|back B AE K|give G IH V|most M OW S T|very V EH R IY
after AE F T ER|thing TH IH NG|our AW ER|just JH AH S T|name N EY M|good G UH D|man M AE N|think TH IH NG K|say S EY
great G R EY T|where W EH R|through TH R UW|much M AH CH|before B IH F AO R|any EH N IY|old OW L D|even IY V AH N
here HH IH R|does D AH Z|three TH R IY|four F AO R|five F AY V|six S IH K S|seven S EH V AH N|eight EY T|nine N AY N
ten T EH N|zero Z IH R OW|eleven IH L EH V AH N|twelve T W EH L V|thirty TH ER T IY|hundred HH AH N D R AH D
thousand TH AW Z AH N D|should SH UH D|because B IH K AH Z|want W AA N T|show SH OW|small S M AO L|every EH V R IY
again AH G EH N|move M UW V|picture P IH K CH ER|right R AY T|eye AY|eyes AY Z|world W ER L D|mother M AH DH ER
father F AA DH ER|brother B R AH DH ER|always AO L W EY Z|again AH G EH N|nothing N AH TH IH NG
something S AH M TH IH NG
door D AO R|walk W AO K|talk T AO K|half HH AE F|hour AW ER|once W AH N S|woman W UH M AH N|women W IH M IH N
love L AH V|above AH B AH V|money M AH N IY|music M Y UW Z IH K|heart HH AA R T|head HH EH D|read R IY D|bread B R EH D
weather W EH DH ER|early ER L IY|learn L ER N|ocean OW SH AH N|island AY L AH N D|voice V OY S|quiet K W AY AH T
nobody N OW B AA D IY|anybody EH N IY B AA D IY|video V IH D IY OW|real R IY L|idea AY D IY AH|blue B L UW|shoe SH UW
paper P EY P ER|window W IH N D OW|morning M AO R N IH NG|evening IY V N IH NG|evenly IY V AH N L IY|camera K AE M R AH
face F EY S|warm W AO R M|watch W AA CH|wash W AA SH|swan S W AA N|laugh L AE F|cough K AO F|enough IH N AH F
though DH OW|although AO L DH OW|thought TH AO T|bought B AO T|caught K AO T|taught T AO T|daughter D AO T ER
sure SH UH R|sugar SH UH G ER|friend F R EH N D|busy B IH Z IY|build B IH L D|says S EH Z|gone G AO N|done D AH N
bowl B OW L|both B OW TH|child CH AY L D|kind K AY N D|mind M AY N D|wild W AY L D|climb K L AY M|comb K OW M
young Y AH NG|touch T AH CH|country K AH N T R IY|double D AH B AH L|hear HH IH R|bear B EH R|wear W EH R
""".replace("\n", "|").split("|")
    if line.strip()
    for word, sounds in [line.strip().split(" ", 1)]
}

# letters, what must stand before, what must stand after, sounds. `#` one or more vowels, `*` one consonant or more,
# `.` one consonant, `$` the word's edge, `e?` and the like as in regular expressions. The first rule that fits counts.
_RULES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "A": (
        ("augh", "", "", "AO"), ("au", "", "", "AO"), ("aw", "", "", "AO"), ("air", "", "", "EH R"),
        ("are", "", "$", "EH R"), ("ar", "", "[aeiou]", "EH R"), ("ar", "w", "", "AO R"), ("ar", "", "", "AA R"),
        ("ai", "", "", "EY"), ("ay", "", "", "EY"), ("all", "", "$|s", "AO L"), ("al", "", "k", "AO"),
        ("a", "", "ble", "EY"), ("a", "", "[bcdfgklmnpstvz]e$", "EY"), ("a", "", "[bcdfgklmnpstvz]e[sdr]$", "EY"),
        ("a", "", "[bcdfgklmnpstvz]ing$", "EY"), ("a", "", "tion", "EY"), ("a", "w|qu", "", "AA"),
        ("a", "", "$", "AH"), ("a", "$", ".[aeiou]", "AH"), ("a", "", "", "AE"),
    ),
    "B": (("b", "m", "$", ""), ("bb", "", "", "B"), ("b", "", "", "B")),
    "C": (
        ("ch", "", "r", "K"), ("tch", "", "", "CH"), ("ch", "", "", "CH"), ("ck", "", "", "K"),
        ("ci", "", "[aou]", "SH"), ("cc", "", "[eiy]", "K S"), ("cc", "", "", "K"), ("c", "s", "[eiy]", ""),
        ("c", "", "[eiy]", "S"), ("c", "", "", "K"),
    ),
    "D": (("dge", "", "", "JH"), ("dd", "", "", "D"), ("d", "[pkfsx]e", "$", "T"), ("d", "", "", "D")),
    "E": (
        ("eer", "", "", "IH R"), ("ear", "", "[ntl]", "ER"), ("ear", "", "", "IH R"), ("eau", "", "", "OW"),
        ("eigh", "", "", "EY"), ("ee", "", "", "IY"), ("ea", "", "", "IY"), ("ew", "[rlch]", "", "UW"),
        ("ew", "", "", "Y UW"), ("ei", "", "", "IY"), ("ey", "", "$", "IY"), ("eu", "", "", "Y UW"),
        ("er", "", "", "ER"), ("ed", "[td]", "$", "IH D"), ("e", "[^aeiou]", "d$", ""),
        ("es", "[sxz]|ch|sh|c|g", "$", "IH Z"), ("e", "[aeiou].|[aeiou]..|ng", "s$", ""),
        ("el", "[aeiou].*[^aeiou]", "$", "AH L"), ("en", "[aeiou].*[^aeiou]", "$", "AH N"),
        ("e", "^[^aeiou]+", "$", "IY"), ("e", "", "$", ""), ("e", "[aeiou].*", "ly$|ful$|ness$|ment$", ""),
        ("e", "^[^aeiou]*", "[^aeiou]e$", "IY"), ("e", "", "", "EH"),
    ),
    "F": (("ff", "", "", "F"), ("f", "", "", "F")),
    "G": (
        ("gn", "^", "", "N"), ("gh", "^", "", "G"), ("gh", "", "", ""), ("gg", "", "", "G"),
        ("g", "^", "i[rv]|e[at]", "G"),
        ("g", "", "[eiy]", "JH"), ("g", "", "", "G"),
    ),
    "H": (("h", "[aeiou]", "$", ""), ("h", "", "", "HH")),
    "I": (
        ("igh", "", "", "AY"), ("ing", "", "$|s$", "IH NG"), ("ir", "", "e", "AY ER"), ("ir", "", "", "ER"),
        ("ie", "", "[lv]", "IY"), ("ies", "[aeiou].*", "$", "IY Z"), ("ied", "[aeiou].*", "$", "IY D"),
        ("ie", "", "", "AY"), ("ique", "", "", "IY K"), ("io", "", "n", "Y AH"), ("i", "", "[bcdfgklmnpstvz]e$", "AY"),
        ("i", "", "[bcdfgklmnpstvz]e[sdr]$", "AY"), ("i", "", "nd$|ld$", "AY"), ("i", "", "$", "IY"),
        ("i", "", "a", "IY"),
        ("i", "", "", "IH"),
    ),
    "J": (("j", "", "", "JH"),),
    "K": (("kn", "^", "", "N"), ("k", "", "", "K")),
    "L": (("le", "[^aeiou]", "$", "AH L"), ("ll", "", "", "L"), ("l", "", "", "L")),
    "M": (("mm", "", "", "M"), ("m", "", "", "M")),
    "N": (
        ("ng", "", "$|s$|ing|ed$", "NG"), ("ng", "", "[^eiy]", "NG G"), ("n", "", "k", "NG"), ("nn", "", "", "N"),
        ("n", "", "", "N"),
    ),
    "O": (
        ("ough", "", "t", "AO"), ("ough", "", "", "OW"), ("oor", "", "", "AO R"), ("oo", "", "[dk]$", "UH"),
        ("oo", "", "", "UW"), ("oar", "", "", "AO R"), ("oa", "", "", "OW"), ("our", "", "", "AO R"),
        ("ou", "", "", "AW"), ("ow", "", "[nl]|d$", "AW"), ("ow", "^[^aeiou]?", "$", "AW"), ("ow", "", "", "OW"),
        ("oi", "", "", "OY"), ("oy", "", "", "OY"), ("or", "w", "", "ER"), ("ore", "", "", "AO R"),
        ("or", "", "", "AO R"),
        ("oe", "", "", "OW"), ("o", "", "[bcdfgklmnpstvz]e$", "OW"), ("o", "", "[bcdfgklmnpstvz]e[sdr]$", "OW"),
        ("o", "", "ld|st$|lt|ll$", "OW"), ("o", "", "$", "OW"), ("on", "[st]i", "", "AH N"), ("o", "", "", "AA"),
    ),
    "P": (("ph", "", "", "F"), ("pn", "^", "", "N"), ("ps", "^", "", "S"), ("pp", "", "", "P"), ("p", "", "", "P")),
    "Q": (("que", "", "$", "K"), ("qu", "", "", "K W"), ("q", "", "", "K")),
    "R": (("rr", "", "", "R"), ("rh", "", "", "R"), ("r", "", "", "R")),
    "S": (
        ("sch", "", "", "S K"), ("sh", "", "", "SH"), ("ssion", "", "", "SH AH N"), ("sion", "[aeiou]", "", "ZH AH N"),
        ("sion", "", "", "SH AH N"), ("ss", "", "", "S"), ("sure", "[aeiou]", "", "ZH ER"),
        ("s", "[aeiou]", "[aeiou]", "Z"),
        ("s", "[bdgvlmnrwy]", "$", "Z"), ("s", "[aeiou]", "m$", "Z"), ("s", "e", "$", "Z"), ("s", "", "", "S"),
    ),
    "T": (
        ("tion", "", "", "SH AH N"), ("tial", "", "", "SH AH L"), ("ture", "", "", "CH ER"), ("tch", "", "", "CH"),
        ("th", "", "e[rn]|m$|e$|ing", "DH"), ("th", "", "", "TH"), ("tt", "", "", "T"), ("t", "s", "en|le", ""),
        ("t", "", "", "T"),
    ),
    "U": (
        ("uy", "", "", "AY"), ("ue", "", "$", "UW"), ("ui", "", "", "UW"), ("ur", "", "[aeiou]", "Y UH R"),
        ("ur", "", "", "ER"), ("u", "g", "[aeiou]", ""), ("u", "[rlsjt]", "[bcdfgklmnpstvz]e$", "UW"),
        ("u", "", "[bcdfgklmnpstvz][eiao]", "Y UW"), ("u", "p", "[lst]", "UH"), ("u", "", "ll$", "UH"),
        ("u", "", "", "AH"),
    ),
    "V": (("v", "", "", "V"),),
    "W": (("wh", "", "o", "HH"), ("wh", "", "", "W"), ("wr", "^", "", "R"), ("w", "", "", "W")),
    "X": (("x", "^", "", "Z"), ("x", "", "", "K S")),
    "Y": (
        ("y", "^", "", "Y"), ("y", "^[^aeiou]+", "$", "AY"), ("y", "", "$", "IY"),
        ("y", "", "[bcdfgklmnpstvz]e$", "AY"),
        ("y", "", "", "IH"),
    ),
    "Z": (("zz", "", "", "Z"), ("z", "", "", "Z")),
}  # fmt: skip
_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@lru_cache(maxsize=1)
def _compiled() -> dict[str, list[tuple[str, re.Pattern[str], re.Pattern[str], tuple[str, ...]]]]:
    return {
        letter.lower(): [
            (text, re.compile(f"(?:{before or ''})$"), re.compile(f"(?:{after})"), tuple(sounds.split()))
            for text, before, after, sounds in ((t, b.replace("$", "^"), a, s) for t, b, a, s in rules)
        ]
        for letter, rules in _RULES.items()
    }


def sounds_of_word(word: str) -> list[str]:
    """ARPABET symbols of a word of letters and apostrophes; empty where it has no letter."""
    word = word.lower().replace("’", "'")
    if word in _IRREGULAR:
        return _IRREGULAR[word].split()
    for ending, added in (
        ("'s", ["Z"]),
        ("n't", ["AH", "N", "T"]),
        ("'ll", ["AH", "L"]),
        ("'re", ["ER"]),
        ("'ve", ["V"]),
    ):
        if word.endswith(ending) and len(word) > len(ending):
            return [*sounds_of_word(word.removesuffix(ending)), *added]
    if word.endswith("s") and word[:-1] in _IRREGULAR:
        stem = _IRREGULAR[word[:-1]].split()
        if stem[-1] in ("S", "Z", "SH", "ZH", "CH", "JH"):
            return [*stem, "IH", "Z"]
        return [*stem, "S" if stem[-1] in ("P", "T", "K", "F", "TH") else "Z"]
    letters = re.sub("[^a-z]", "", word)
    found: list[str] = []
    position = 0
    while position < len(letters):
        for text, before, after, sounds in _compiled()[letters[position]]:
            end = position + len(text)
            fits = letters.startswith(text, position) and before.search(letters[:position])
            if fits and after.match(letters[end:]):
                found += sounds
                position = end
                break
        else:
            position += 1
    return found


def sounds_of_text(text: str) -> list[tuple[list[str], float]]:
    """Words as `(ARPABET symbols, pause after it in seconds)`, in order."""
    found: list[tuple[list[str], float]] = []
    for match in re.finditer(r"\d+|[A-Za-z][A-Za-z'’]*|[,;:.!?-]", text):
        piece = match[0]
        if piece in PAUSES_S:
            if found:
                found[-1] = found[-1][0], max(found[-1][1], PAUSES_S[piece])
        elif piece.isdecimal():
            found += [(sounds_of_word(word), 0.0) for word in _number(piece)]
        elif sounds := sounds_of_word(piece):
            found.append((sounds, 0.0))
    return found


def _number(digits: str) -> list[str]:
    """A number in words; long ones digit by digit."""
    value = int(digits)
    if len(digits) > 6 or (digits.startswith("0") and len(digits) > 1):
        return [_ONES[int(digit)] for digit in digits]
    if value < 20:
        return [_ONES[value]]
    if value < 100:
        return [_TENS[value // 10 - 2], *([_ONES[value % 10]] if value % 10 else [])]
    size, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    rest = _number(str(value % size)) if value % size else []
    return [*_number(str(value // size)), name, *rest]

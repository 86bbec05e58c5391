"""Facts to hide in a long text, each with one question in two wordings: in the fact's words, and in none of them."""

from __future__ import annotations

from typing import NamedTuple


class Needle(NamedTuple):
    """A sentence, its answer, and two questions that it answers."""

    text: str
    answer: str
    alike: str  # worded like the text
    unlike: str  # shares no word with it but the smallest


NEEDLES = (
    Needle(
        "Beneath the bakery's third flagstone lies a tin with 4,318 copper coins.",
        "4,318",
        "How many copper coins are in the tin beneath the bakery's flagstone?",
        "How much money is hidden below the floor where loaves were made?",
    ),
    Needle(
        "Dr. Osei prescribed quinine for the lighthouse keeper's fever.",
        "quinine",
        "What did Dr. Osei prescribe for the lighthouse keeper's fever?",
        "Which medicine was given to the man who tended the beacon when he was ill?",
    ),
    Needle(
        "Marit's goat answers only when somebody whistles the name Abelard.",
        "Abelard",
        "Which name must somebody whistle so that Marit's goat answers?",
        "What is the horned farm animal called?",
    ),
    Needle(
        "The ferry to Sandvik leaves from pier 27 on Thursdays.",
        "27",
        "From which pier does the ferry to Sandvik leave on Thursdays?",
        "Where do passengers board the boat that sails once each week?",
    ),
    Needle(
        "Old Tomas painted his barn turquoise after the wedding.",
        "turquoise",
        "In which colour did old Tomas paint his barn?",
        "Which hue does the hay shed have now?",
    ),
    Needle(
        "The violin that Ilse plays was built in Cremona.",
        "Cremona",
        "Where was the violin that Ilse plays built?",
        "In what city did the maker of her stringed instrument work?",
    ),
    Needle(
        "To open the vault, turn the dial to 63 and push.",
        "63",
        "To which number must the dial be turned to open the vault?",
        "What is the combination of the strongroom?",
    ),
    Needle(
        "Signora Bellini keeps her late husband's letters in a hatbox lined with velvet.",
        "hatbox",
        "In what does Signora Bellini keep her late husband's letters?",
        "Where has the widow put away what he wrote to her?",
    ),
    Needle(
        "Nobody in the orchestra earns more than the bassoonist.",
        "bassoonist",
        "Who in the orchestra earns most?",
        "Which musician has the highest salary?",
    ),
    Needle(
        "Rowan swapped his motorcycle for eleven beehives.",
        "beehives",
        "For what did Rowan swap his motorcycle?",
        "What did he get in exchange when he gave up riding on two wheels?",
    ),
    Needle(
        "The drought forced the mayor to cancel the regatta.",
        "regatta",
        "What did the drought force the mayor to cancel?",
        "Which event did not take place since it had not rained?",
    ),
    Needle(
        "Professor Lindqvist lectures barefoot.",
        "barefoot",
        "How does Professor Lindqvist lecture?",
        "What is odd about how the teacher dresses at university?",
    ),
    Needle(
        "The embassy's cook came from Zanzibar.",
        "Zanzibar",
        "Where did the embassy's cook come from?",
        "Of which island is the chef of the diplomats a native?",
    ),
    Needle(
        "Little Anneke can recite every station between Utrecht and Groningen backwards.",
        "backwards",
        "How can little Anneke recite every station between Utrecht and Groningen?",
        "In which order does the girl know the railway stops by heart?",
    ),
    Needle(
        "The treaty was signed with a borrowed fountain pen aboard the Calliope.",
        "Calliope",
        "Aboard what was the treaty signed?",
        "What is the name of the ship on which peace was agreed?",
    ),
    Needle(
        "After the burglary only the chess set was missing.",
        "chess",
        "What was missing after the burglary?",
        "Which game did the thieves take?",
    ),
    Needle(
        "The mill by the weir has been grinding mustard seed since 1809.",
        "1809",
        "Since when has the mill by the weir been grinding mustard seed?",
        "In what year did the condiment factory at the dam start?",
    ),
    Needle(
        "Uncle Fergus is allergic to strawberries.",
        "strawberries",
        "To what is uncle Fergus allergic?",
        "Which fruit makes my mother's brother sick?",
    ),
    Needle(
        "The caretaker hides the spare key inside a hollow garden gnome.",
        "gnome",
        "Inside what does the caretaker hide the spare key?",
        "Where should one look if the door of the house is locked?",
    ),
    Needle(
        "Captain Varga lost his left eye at Trieste.",
        "Trieste",
        "Where did captain Varga lose his left eye?",
        "In which harbour was the half-blind officer wounded?",
    ),
)

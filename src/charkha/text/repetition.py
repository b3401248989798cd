"""How much a text repeats itself, in words and in sentences."""

from __future__ import annotations

from collections import Counter, deque

from charkha.text.words import fold, words

WINDOW = 500  # words; a type-token ratio means something only over a fixed length


def word_repetition(text: str) -> float:
    """The paper's ratio: 1 - distinct words / words. It grows with length by itself. 0.0 for no words."""
    tokens = [fold(word) for word in words(text)]
    return 1 - len(set(tokens)) / len(tokens) if tokens else 0.0


def moving_type_token_ratio(text: str, window: int = WINDOW) -> float:
    """Mean share of distinct words over all windows of `window` words (MATTR, Covington & McFall 2010)."""
    tokens = [fold(word) for word in words(text)]
    if len(tokens) <= window:
        return len(set(tokens)) / len(tokens) if tokens else 1.0
    held: deque[str] = deque(tokens[:window])
    counts = Counter(held)
    total, windows = len(counts), 1
    for token in tokens[window:]:
        gone = held.popleft()
        counts[gone] -= 1
        if not counts[gone]:
            del counts[gone]
        held.append(token)
        counts[token] += 1
        total, windows = total + len(counts), windows + 1
    return total / windows / window


def sentence_repetition(sentences: list[str]) -> float:
    """The share (0..1) of sentences of four words and more that were said before in the same text."""
    said = [fold(sentence) for sentence in sentences if len(words(sentence)) >= 4]
    return 1 - len(set(said)) / len(said) if said else 0.0

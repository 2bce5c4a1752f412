"""Items of every kind, as hypothesis makes them: texts that bite, in one language or both."""

from decimal import Decimal

from hypothesis import strategies as st

from portal.kernel.bilingual import Bilingual
from portal.training.rules.formats.exchange import clean
from portal.training.rules.items import (
    FULL,
    MISSING,
    NOTHING,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Pair,
    Scoring,
    ShortAnswer,
    Single,
    TrueFalse,
)

BITING = "=~#{}:\\->[]%*'\"<>&,;ABT. \n\t_|$/碳汇森林＝｛｝～＃：答案亩é😀"
words = st.text(st.sampled_from(BITING), min_size=1, max_size=24).map(clean).filter(bool)
plain_words = st.one_of(words, st.text(min_size=1, max_size=30).map(clean).filter(bool))
texts = st.builds(Bilingual, plain_words, plain_words)
told = st.one_of(st.just(MISSING), texts)
shares = st.decimals(-100, 100, places=5)
numbers = st.decimals(-(10**9), 10**9, places=6)
right = st.builds(Option, texts, st.just(FULL), told)
wrong = st.builds(Option, texts, st.sampled_from([NOTHING, Decimal("33.33333"), Decimal(-50)]), told)
options = st.tuples(st.lists(right, min_size=1, max_size=4), st.lists(wrong, min_size=1, max_size=5)).flatmap(
    lambda both: st.permutations([*both[0], *both[1]]).map(tuple)
)
ids = st.text(st.sampled_from("abcdef-0123456789碳汇"), min_size=1, max_size=12)

single = st.builds(Single, options)
multiple = st.builds(Multiple, options, st.sampled_from(Scoring))
true_false = st.builds(TrueFalse, st.booleans(), told, told)
numeric = st.builds(
    Numeric,
    st.lists(
        st.builds(NumericAnswer, numbers, numbers.map(abs), st.sampled_from([FULL, Decimal(50)]), told),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.sampled_from(["", "t CO2", "吨/公顷", "亩", "ha"]),
    told,
)
matching = st.builds(
    Matching,
    st.tuples(
        st.lists(st.builds(Pair, texts, texts), min_size=2, max_size=6),
        st.lists(st.builds(Pair, st.just(MISSING), texts), max_size=3),
    ).map(lambda both: (*both[0], *both[1])),
)
ordering = st.builds(Ordering, st.lists(texts, min_size=2, max_size=8).map(tuple))
short = st.builds(ShortAnswer, options)
TASKS = {
    "single": single,
    "multiple": multiple,
    "true_false": true_false,
    "numeric": numeric,
    "matching": matching,
    "ordering": ordering,
    "short": short,
}


ANY_TASK = st.one_of(*TASKS.values())


def items(tasks: st.SearchStrategy = ANY_TASK) -> st.SearchStrategy[Item]:
    return st.builds(
        Item,
        id=ids,
        stem=texts,
        task=tasks,
        objective=st.sampled_from(["", "store", "碳汇"]),
        difficulty=st.integers(0, 5),
        source=st.sampled_from(["", "GB/T 38360-2019", "a [b] \\c"]).map(lambda text: Bilingual(text, text)),
        category=st.sampled_from(["", "碳汇/基础", "top"]),
        feedback=told,
        markup=st.sampled_from(Markup),
    )

"""What a file from outside may hold, for hypothesis: any value, in any field."""

import copy

from hypothesis import strategies as st

ODD = [-1, 0, 1, 2, 2**53 + 1, 2**63, 10**30, 10**400, 10**4000, 1e-320, 1e300, "\n|<b>\ud800"]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(ODD),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def changed(draw, document, values=JSON):
    """Return a document with a field set, left out or added at any depth, and the way to it."""
    document = part = copy.deepcopy(document)
    way = []
    while True:
        keys = [*part] if isinstance(part, dict) else [*range(len(part))]
        way.append(draw(st.sampled_from(keys)))
        inner = part[way[-1]]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            break
        part = inner
    how = draw(st.sampled_from(["set", "left out", "added"]))
    if how == "left out":
        del part[way[-1]]
    elif how == "set":
        part[way[-1]] = draw(values)
    elif isinstance(part, list):
        part.insert(way[-1], draw(values))
    else:
        way[-1] = draw(st.text(min_size=1, max_size=8).filter(lambda name: name not in part))
        part[way[-1]] = draw(values)
    return document, way


def refusal(call, *arguments):
    """Return what a call refuses its arguments with, in a line of at most 300 characters, or ""."""
    said = ""
    try:
        call(*arguments)
    except (TypeError, ValueError) as error:
        said = str(error)
    assert len(said.splitlines()) <= 1
    assert len(said) <= 300
    return said

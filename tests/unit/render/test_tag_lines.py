"""Tags alone on their line leave no line; beside other text they eat nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from letters.render.tag_lines import without_tag_lines


def rendered(source, **values):
    environment = Environment(keep_trailing_newline=True)
    return environment.from_string(without_tag_lines(source)).render(values)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("One.{% if yes %} Two.{% endif %}\n\nNext.\n", "One. Two.\n\nNext.\n"),
        ("{% for x in 'ab' %}\n- {{ x }}\n{% endfor %}\nEnd\n", "- a\n- b\nEnd\n"),
        ("{% for x in 'ab' %}- {{ x }}\n{% endfor %}\nEnd\n", "- a\n- b\nEnd\n"),
        ("- a{% if no %} b{% endif %}\n- c\n", "- a\n- c\n"),
        ("A\n  {% if yes %}  \nB\n\t{% endif %}\nC", "A\nB\nC"),
        ("A\n{% if yes %}{% if yes %}\nB\n{% endif %} {% endif %}\nC\n", "A\nB\nC\n"),
        ("A\n{# a note\nof two lines #}\nB\n", "A\nB\n"),
        ("A\n{% set x = [\n 1,\n 2] %}\n{{ x[1] }}\n", "A\n2\n"),
        ("A\n{% raw %}\n{% if %}\n{% endraw %}\nB\n", "A\n\n{% if %}\nB\n"),
        ("  {% if yes %}x{% endif %}\n", "  x\n"),
        ("A\n{% if yes -%}\n  B{% endif %}\n", "A\nB\n"),
        ("A\n{%- if yes %}\nB\n{% endif %}", "AB\n"),
        ("A{% if yes %}", None),
        ("{% if yes %}\nA\n{% endif %}", "A\n"),
    ],
)
def test_a_tag_alone_on_its_line_leaves_no_line_and_another_eats_nothing(source, text):
    if text is not None:
        assert rendered(source, yes=True, no=False) == text


@given(
    st.lists(
        st.sampled_from(["A", "{{ a }}", "\n", " ", "{% if a %}", "{# n #}", "{% endif %}", "\n\n"])
    )
)
def test_lines_keep_their_numbers_and_words_keep_their_line_ends(parts):
    source = "".join(parts)
    changed = without_tag_lines(source)

    assert changed.count("\n") == source.count("\n")
    lines = [line for line in source.split("\n") if "A" in line or "{{" in line]
    assert all(line in changed for line in lines)

"""What a stranger's templates may cost: each ends within a moment, as an error naming its line."""

import pytest

from letters.errors import CampaignError
from letters.render.letter import Letter
from tests.mail import make_campaign, make_recipient, make_writer

COSTLY = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 3000000000 }}",
    "{{ 3000000000 * 'x' }}",
    "{{ ['x'] * 3000000000 }}",
    "{{ 9 ** 99999999 }}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=9) %}{% for i in range(9999) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x | replace('x', 'xx') %}{% endfor %}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}{% endfor %}",
    "{% set n = namespace(x=['x']) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}",
    "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(1) }}",
    "{% for i in range(99999) %}" + "A long sentence of the author's. " * 20 + "{% endfor %}",
    "{% for i in range(60000) %}{{ recipient.notes }}{% endfor %}",
    "{{ 'x' | center(2000000000) }}",
    "{{ 'x' | indent(2000000000, first=True) }}",
    "{{ 'x'.ljust(2000000000) }}",
    "{{ '%2000000000d' | format(1) }}",
    "{{ '%2000000000d' % 1 }}",
    "{{ '%*d' % (2000000000, 1) }}",
    "{{ '{:2000000000}'.format(1) }}",
    "{{ '{:{w}}'.format(1, w=2000000000) }}",
    "{{ ('x' * 1000).join(('x' * 1000) | list) | length }}",
    "{{ [('x' * 9000).replace('x', 'y' * 9000)] | length }}",
    "{{ (['x' * 90000] * 90000) | join('') | length }}",
    "{{ ([range(99999)] * 9999) | map('list') | list | length }}",
    "{% set l = range(99999) | list %}{% for i in range(99999) %}{{ -1 in l }}{% endfor %}",
    "{% set l = range(99999) | list %}{% for i in range(99999) %}{{ l | max }}{% endfor %}",
    "{{ ([range(9999) | list] * 9999) | sum(start=[]) | length }}",
    "{{ ([range(9999) | list] * 9999) | sum(none, []) | length }}",
    "{% include 'self.j2' %}",
    "{% for i in range(999) %}{% include 'long.j2' %}{% endfor %}",
    "{{ (" + "(" * 3000 + "1" + ")" * 3000 + ") }}",
)  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "source"),
    [("letter.en.md.j2", source) for source in COSTLY]
    + [("layout.html.j2", source) for source in COSTLY if "recipient" not in source],
    ids=lambda text: text[:60],
)
def test_a_costly_template_ends_as_an_error_with_its_line(tmp_path, name, source):
    files = {"self.j2": "{% include 'self.j2' %}", "long.j2": "word " * 1000, name: f"\n{source}\n"}
    campaign = make_campaign(tmp_path, **{k.replace(".", "__"): v for k, v in files.items()})

    with pytest.raises(CampaignError) as error:
        make_writer(campaign).write(make_recipient(notes="x" * 5000))

    assert error.value.hint
    places = (
        f"{name}:2: ",
        "self.j2:1: ",
        "long.j2:1: ",
        f"{name}: templates",
        f"{name}: something",
    )
    assert any(place in error.value.message for place in places)


@pytest.mark.timeout(20)
def test_a_costly_subject_is_an_error(tmp_path):
    campaign = make_campaign(tmp_path, "Text.", subject="{{ 'x' * 3000000000 }}")

    with pytest.raises(CampaignError, match=r"campaign\.toml"):
        make_writer(campaign).write(make_recipient())


@pytest.mark.timeout(60)
def test_a_batch_of_letters_that_each_cost_much_is_an_error(tmp_path):
    body = "{% for i in range(15000) %}{% if recipient.name == 'Bo' %}{% endif %}{% endfor %}"
    writer = make_writer(make_campaign(tmp_path, body))

    rows = (make_recipient(row=row) for row in range(2, 500))

    with pytest.raises(CampaignError, match="of this batch"):
        list(map(writer.write, rows))


def test_ordinary_templates_have_room(tmp_path):
    body = (
        "{% for i in range(500) %}{{ i * 2 }} {{ '%5d' % 50000 }} {{ 'a' * 40 }}\n{% endfor %}"
        "{{ recipient.name | center(60) }} {{ 2 ** 10 }} {{ '{:,}'.format(1234567) }}"
        "{{ [1, 2] | sum }} {{ [1, 2] | sum(start=3) }}"
    )
    writer = make_writer(make_campaign(tmp_path, body))

    for row in range(2, 60):
        assert isinstance(writer.write(make_recipient(row=row, name=f"Ann Lee {row}")), Letter)

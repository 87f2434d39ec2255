"""Recipients files for the tests of this folder, and what is read from them."""

import pytest

from letters.errors import Exit, RecipientsError
from letters.recipients.csv import RecipientsFile


@pytest.fixture
def write(tmp_path):
    def write(content, *, encoding="utf-8", name="recipients.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def read(write):
    def read(content, **options):
        return list(RecipientsFile(write(content, **options)))

    return read


@pytest.fixture
def one(read):
    def one(content, **options):
        [(recipient, problems)] = read(content, **options)
        assert problems == ()
        return recipient

    return one


@pytest.fixture
def problem(read):
    def problem(content, **options):
        [(_, [problem])] = read(content, **options)
        assert problem.file.endswith("recipients.csv")
        assert problem.remedy
        return problem

    return problem


@pytest.fixture
def refusal(write):
    def refusal(content, **options):
        with pytest.raises(RecipientsError) as refused:
            list(RecipientsFile(write(content, **options)))
        assert refused.value.exit_code == Exit.DATA
        assert "recipients.csv" in refused.value.message
        assert refused.value.hint
        return refused.value.message

    return refusal

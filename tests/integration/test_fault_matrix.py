"""P9: every relay fault has one right answer, pipelined and not (`python -m tests.fault_matrix`)."""

import pytest

from tests.fault_matrix import CELLS, faults_of, run


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_fault_has_its_one_right_answer_and_nobody_is_lost_or_written_to_twice(cell):
    assert [*faults_of(cell, run(cell))] == []

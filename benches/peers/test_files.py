"""What is asserted of each file, for pytest-testinfra."""

import os

import pytest


@pytest.mark.parametrize("number", range(int(os.environ["COUNT"])))
def test_file(host, number):
    file = host.file(f"{os.environ['FILES']}/{number:03}.txt")
    assert file.is_file and file.mode == 0o644

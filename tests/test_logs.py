"""What stands in the log."""

import pytest
import structlog

from examengine.logs import write_log


def test_a_trace_in_the_log_holds_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    kept = structlog.get_config()
    try:
        write_log()
        answer = "the answer nobody may read"
        try:
            raise RuntimeError(f"{len(answer)} characters")
        except RuntimeError:
            structlog.get_logger("examengine.test").exception("failed", attempt=7)
    finally:
        structlog.configure(**kept)
    said = capsys.readouterr().err
    assert "failed" in said
    assert "attempt=7" in said
    assert "RuntimeError: 26 characters" in said
    assert answer not in said

"""What a run records of where it ran."""

from colorization.training.environment import commit


def test_the_commit_is_this_checkouts_whatever_git_is_told_of_others(tmp_path, monkeypatch):
    expected = commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path))  # as in a hook of another repository
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert commit() == expected

"""Where data are looked for, and where they are written."""

from colorization.data import roots


def test_the_given_root_is_searched_before_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("data/set", "given/set"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.delenv(roots.ENVIRONMENT_VARIABLE, raising=False)
    assert roots.find("set").resolve() == tmp_path / "data/set"
    assert roots.write_root().resolve() == tmp_path / "data"
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path / "given"))
    assert roots.find("set") == tmp_path / "given/set"
    assert roots.find("other", "*et") == tmp_path / "given/set"
    assert roots.find("nothing") is None
    assert roots.write_root() == tmp_path / "given"


def test_a_folder_without_a_write_bit_is_never_written_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = tmp_path / "given"
    given.mkdir(mode=0o555)
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(given))
    assert str(roots.write_root()) == "data"
    given.chmod(0o755)
    assert roots.write_root() == given

"""The tables of all reports."""

from colorization.pages.overview import Minutes, reports_table
from experiments import report_module
from tests import ROOT


def test_minutes_are_added_up_and_say_what_nobody_ran():
    assert str(Minutes(of=2)) == "not run"
    assert str(Minutes(60.4, 2, 2)) == "60"
    assert str(Minutes(60.4, 2, 2) + Minutes(of=1)) == "60 (2 of 3 runs)"


def test_the_last_row_has_the_minutes_of_all_reports():
    reports = [report_module(key) for key in ("flower-gan", "flower-cgan")]
    table = reports_table(reports, ROOT / "results").splitlines()
    *rows, total = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table[2:])
    assert [row[4] for row in rows] == ["not run"] * 2 and total[4] == "not run"
    assert abs(sum(int(row[5]) for row in rows) - int(total[5])) < 2  # each is rounded
    assert all(row[1].startswith("[") and "](https://" in row[1] for row in rows)

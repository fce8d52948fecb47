"""How a file is written is found out from the file, said, and refused where it cannot be decided."""

from __future__ import annotations

import pytest

from tests.connectors.pos_till import Till

TABLE = [("Ticket", "Date", "Total", "City"), ("T1", "2026-05-01 10:00", "12.50", "Orléans")]


def text(delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in TABLE)


@pytest.mark.parametrize(
    ("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_delimiter_and_encoding_are_sniffed_and_said(
    till: Till, delimiter: str, word: str, encoding: str
) -> None:
    till.write(text(delimiter), encoding=encoding)
    result = till.read(columns={"city": "City"})
    assert result.column("city") == ["Orléans"]
    assert f"orders.csv: read as {encoding}, delimiter {word}" in result.notes[0]


def test_the_delimiter_is_the_one_that_makes_the_headers_appear(till: Till) -> None:
    till.write("Ticket;Date;Total;a,b,c,d,e,f,g\nT1;2026-05-01;5;x\n")
    assert till.read().column("order_id") == ["T1"]


def test_only_what_the_file_decided_is_said(till: Till) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,5\n")
    assert till.read().notes == ["orders.csv: read as utf-8, delimiter comma"]
    till.write("Ticket,Date,Total\nT1,31/05/2026 10:00,5.20\n")
    assert till.read().notes == [
        "orders.csv: read as utf-8, delimiter comma, decimal point, day before month"
    ]


def test_a_spreadsheets_separator_line_is_obeyed(till: Till) -> None:
    till.write("sep=;\nTicket;Date;Total\nT1;2026-05-01;x\n")
    result = till.read()
    assert [reject.line for reject in result.rejects] == [3]


def test_settings_win_over_the_file(till: Till) -> None:
    till.write(text(";"), encoding="cp1252")
    result = till.read(
        columns={"city": "City"}, delimiter=";", encoding="cp1252", decimal=".", date_order="day_first"
    )
    assert result.column("city") == ["Orléans"]
    assert result.notes == []


def test_a_utf8_character_across_two_reads_is_still_utf8(till: Till) -> None:
    row = "T1,2026-05-01,5,é\n"
    till.write("Ticket,Date,Total,City\n" + row * ((3 << 20) // len(row.encode())))
    assert "read as utf-8," in next(till.connector().read(None)).notes[0]


def test_a_file_of_two_encodings_is_refused_with_a_line_of_each(till: Till) -> None:
    till.write(
        "Ticket,Date,Total\nT1,2026-05-01,5\nÉ,2026-05-01,5\n".encode() + "Ü,2026-05-01,5\n".encode("cp1252")
    )
    result = till.read()
    assert result.error is not None
    assert "line 3 is UTF-8 and line 4 is not" in str(result.error)
    assert "encoding" in result.error.advice


def test_bytes_of_neither_encoding_are_refused(till: Till) -> None:
    till.write(b"Ticket,Date,Total\n\x81\xe9,2026-05-01,5\n")
    assert "not cp1252" in str(till.read().error)


def test_with_a_set_encoding_only_the_undecodable_row_is_set_aside(till: Till) -> None:
    till.write(b"Ticket,Date,Total\nT1,2026-05-01,5\n\xff,2026-05-01,5\nT3,2026-05-01,5\n")
    result = till.read(encoding="utf-8")
    assert result.column("order_id") == ["T1", "T3"]
    assert [(reject.line, reject.reason) for reject in result.rejects] == [(3, "bytes that are not utf-8")]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (text(",").encode("utf-16"), "UTF-16"),
        (text(",").encode("utf-16-le"), "UTF-16"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><table><tr><td>T1</td></tr></table></html>", "HTML"),
    ],
)
def test_what_is_no_delimited_text_is_refused_by_name(till: Till, content: bytes, word: str) -> None:
    till.write(content)
    result = till.read()
    assert result.error is not None
    assert word in str(result.error)
    assert "CSV" in result.error.advice


def test_headers_match_without_regard_to_case_and_spaces(till: Till) -> None:
    till.write(" TICKET , da te,total\nT1,2026-05-01,5\n")
    assert till.read().column("order_id") == ["T1"]


def test_an_exact_header_wins_over_a_similar_one(till: Till) -> None:
    till.write("ticket,Ticket,Date,Total\nno,yes,2026-05-01,5\n")
    assert till.read().column("order_id") == ["yes"]


def test_a_header_that_stands_twice_is_refused(till: Till) -> None:
    till.write("Ticket,Ticket,Date,Total\na,b,2026-05-01,5\n")
    assert 'the header "Ticket" stands there 2 times' in str(till.read().error)


def test_a_missing_header_names_file_key_closest_and_all(till: Till) -> None:
    till.write("Ticket No,Date,Total\nT1,2026-05-01,5\n")
    result = till.read()
    assert result.error is not None
    assert result.error.configuration
    assert str(result.error) == (
        'orders.csv: columns.order_id: no header "Ticket"; closest: "Ticket No"; '
        'headers there: "Ticket No", "Date", "Total"'
    )


def test_a_file_without_headers_does_not_show_its_first_customer(till: Till) -> None:
    till.write("T1,2026-05-01,5,Quinn Example,quinn@example.com\n")
    result = till.read()
    assert result.error is not None
    assert "uinn" not in str(result.error)
    assert "looks like data" in str(result.error)


@pytest.mark.parametrize(
    "above",
    [
        "Sales report\n\n",
        "Sales report;May 2026;;\n;;;\n",
        'Shop;"North, ""Old Town""";;\nTotal;12.50\n',
        "\n" * 40,
    ],
)
def test_titles_above_the_headers_are_passed_over(till: Till, above: str) -> None:
    till.write(above + "Ticket;Date;Total;Note\nT1;2026-05-01 10:00;12.50;x\nT2;soon;12.50;x\n")
    result = till.read()
    assert (result.error, result.column("order_id")) == (None, ["T1"])
    assert [reject.line for reject in result.rejects] == [above.count("\n") + 3]


def test_titles_do_not_hide_which_header_is_missing(till: Till) -> None:
    till.write("Sales report\nReceipt;Day;Sum\nT1;2026-05-01;5\n")
    assert 'headers there: "Receipt", "Day", "Sum"' in str(till.read().error)


def test_a_line_that_nothing_parts_is_refused(till: Till) -> None:
    till.write("Ticket Date Total\nT1 2026-05-01 5\n")
    assert "no comma, semicolon, tab or pipe" in str(till.read().error)

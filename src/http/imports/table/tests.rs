use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Table {
    Table::read(text.as_bytes()).expect(text)
}

fn refused(bytes: impl AsRef<[u8]>) -> TableError {
    Table::read(bytes.as_ref()).expect_err("refused")
}

/// Rows as `number: cell|cell`.
fn rows(table: &Table) -> Vec<String> {
    table
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.number, row.cells.join("|")))
        .collect()
}

#[test]
fn any_line_ends_with_or_without_the_last_one() {
    for end in ["\n", "\r\n", "\r"] {
        for last in ["", end] {
            let table = read(&format!(
                "title,due{end}Plan,2026-03-01{end}Run, 2026-03-02 {last}"
            ));
            assert_eq!(table.header, ["title", "due"]);
            assert_eq!(
                rows(&table),
                ["2: Plan|2026-03-01", "3: Run|2026-03-02"],
                "{end:?} {last:?}"
            );
        }
    }
}

#[test]
fn a_german_spreadsheet_with_byte_order_mark_semicolons_and_umlauts() {
    let table = read("\u{feff}\"Größe, in m\";Maß;Name\r\n1,5;\"a;b\";Jürgen\r\n");
    assert_eq!(table.delimiter, ';');
    assert_eq!(table.header, ["Größe, in m", "Maß", "Name"]);
    assert_eq!(rows(&table), ["2: 1,5|a;b|Jürgen"]);
    assert_eq!(table.column("Name"), Some(2));
    assert_eq!(table.column("name"), None);
}

#[test]
fn the_delimiter_is_what_the_header_has_more_of_outside_quotes() {
    for (text, delimiter) in [
        ("a,b", ','),
        ("a;b", ';'),
        ("a", ','),
        ("\"x;y;z\",b\n1,2;3;4", ','),
        ("\"x,y,\"\"z\"\",\";b\n1;2", ';'),
        ("size 5\";b;c\n1;2;3", ';'),
        ("\n\na;b", ';'),
        ("a,b\n1;2,3;4;5", ','),
    ] {
        assert_eq!(read(text).delimiter, delimiter, "{text:?}");
    }
}

#[test]
fn text_is_trimmed_composed_and_has_one_kind_of_line_break() {
    let table = read("title,notes\n  Plan \u{a0},\" one\r\ntwo\rthree \"\nJu\u{308}rgen,\n");
    assert_eq!(table.rows[0].cells, ["Plan", "one\ntwo\nthree"]);
    assert_eq!(table.rows[1].cells, ["Jürgen", ""]);
    assert_eq!(read("Gro\u{308}ße\n1").header, ["Größe"]);
}

#[test]
fn quotes_hold_delimiters_quotes_and_line_breaks() {
    let table = read("a,b\n\"x,\"\"y\"\"\",\"1\n2\n3\"\n5\" disk,end\n");
    assert_eq!(table.rows[0].cells, ["x,\"y\"", "1\n2\n3"]);
    assert_eq!(
        (table.rows[1].number, table.rows[1].cells[0].as_str()),
        (3, "5\" disk")
    );
}

#[test]
fn rows_are_numbered_as_the_spreadsheet_shows_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "a,b|1,\"x|y\"||2,z|||3,\"|\"|,|   |4,z||".replace('|', end);
        assert_eq!(
            rows(&read(&text)),
            ["2: 1|x\ny", "4: 2|z", "7: 3|", "10: 4|z"],
            "{end:?}"
        );
        let late = read(&"||a,b|1,2|".replace('|', end));
        assert_eq!(
            (late.header.join(" "), rows(&late)),
            ("a b".into(), vec!["4: 1|2".into()]),
            "{end:?}"
        );
    }
    assert_eq!(
        refused("\n\na,a\n"),
        TableError::DuplicateHeader {
            row: 3,
            column: 2,
            name: "a".into()
        }
    );
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    assert_eq!(read("a,b").rows, []);
    assert_eq!(read("a,b\r\n\r\n").rows, []);
}

#[test]
fn an_empty_file_is_refused() {
    for text in ["", "\u{feff}", "\n\r\n", "  \n\t\n", ",,\n"] {
        assert_eq!(refused(text), TableError::Empty, "{text:?}");
    }
}

#[test]
fn header_rules() {
    assert_eq!(
        refused("a,,c\n"),
        TableError::EmptyHeader { row: 1, column: 2 }
    );
    assert_eq!(
        refused("a,b, a \n"),
        TableError::DuplicateHeader {
            row: 1,
            column: 3,
            name: "a".into()
        }
    );
    let header = |columns: usize| {
        (0..columns)
            .map(|column| format!("c{column}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(read(&header(MAX_COLUMNS)).header.len(), MAX_COLUMNS);
    assert_eq!(
        refused(header(MAX_COLUMNS + 1)),
        TableError::TooManyColumns {
            row: 1,
            columns: 65
        }
    );
}

#[test]
fn ragged_rows_are_refused() {
    assert_eq!(
        refused("a,b\n1,2\n\n3\n"),
        TableError::Ragged {
            row: 4,
            cells: 1,
            columns: 2
        }
    );
    assert_eq!(
        refused("a,b\n1,2,3\n"),
        TableError::Ragged {
            row: 2,
            cells: 3,
            columns: 2
        }
    );
    assert_eq!(
        refused("a,b\n1,2,\n"),
        TableError::Ragged {
            row: 2,
            cells: 3,
            columns: 2
        }
    );
}

#[test]
fn other_encodings_are_refused_where_they_show() {
    assert_eq!(
        refused(b"a,b\n1,2\n3,J\xFCrgen\n"),
        TableError::NotUtf8 { row: 3, column: 2 }
    );
    let utf16: Vec<u8> = "\u{feff}a,b\n1,2"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(matches!(
        refused(utf16),
        TableError::NotUtf8 { row: 1, .. } | TableError::Nul { row: 1, .. }
    ));
}

#[test]
fn nul_is_refused() {
    assert_eq!(
        refused("a,b\n1,x\0y\n"),
        TableError::Nul { row: 2, column: 2 }
    );
    assert_eq!(refused("\0"), TableError::Nul { row: 1, column: 1 });
    assert_eq!(refused("a\n1\n\0"), TableError::Nul { row: 3, column: 1 });
    assert_eq!(refused("a\n\"1\n\0"), TableError::Nul { row: 2, column: 1 });
}

#[test]
fn quotes_that_never_close_are_refused_where_they_open() {
    assert_eq!(
        refused("a,b\n1,\"x\n2,y\n"),
        TableError::UnclosedQuotes { row: 2, column: 2 }
    );
    assert_eq!(
        refused("a\n\""),
        TableError::UnclosedQuotes { row: 2, column: 1 }
    );
    assert_eq!(
        refused("\"a"),
        TableError::UnclosedQuotes { row: 1, column: 1 }
    );
}

#[test]
fn limits() {
    assert_eq!(refused(vec![b'a'; MAX_BYTES + 1]), TableError::TooLarge);
    let cell = |length: usize| format!("a\n  {}  \n", "ä".repeat(length));
    assert_eq!(read(&cell(MAX_CELL_CHARACTERS)).rows.len(), 1);
    assert_eq!(
        refused(cell(MAX_CELL_CHARACTERS + 1)),
        TableError::CellTooLong { row: 2, column: 1 }
    );
    let long = format!("a\n{}\n\n", "1\n".repeat(MAX_ROWS));
    assert_eq!(read(&long).rows.len(), MAX_ROWS);
    assert_eq!(
        refused(format!("{long}1\n")),
        TableError::TooManyRows { row: MAX_ROWS + 4 }
    );
}

#[test]
fn errors_say_where() {
    let error = refused("a,b\n1,\"x\n");
    assert_eq!((error.row(), error.column()), (Some(2), Some(2)));
    assert_eq!(
        error.to_string(),
        "row 2, column 2: the quotes that open here are never closed"
    );
    let error = refused("a,b\n1\n");
    assert_eq!((error.row(), error.column()), (Some(2), None));
    assert_eq!(
        (TableError::Empty.row(), TableError::Empty.column()),
        (None, None)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop::sample::select(&b"ab,;\"\r\n \0\xC3\xA4"[..]), 0..60)) {
        if let Ok(table) = Table::read(&bytes) {
            prop_assert!(table.rows.iter().all(|row| row.cells.len() == table.header.len()));
        }
    }

    /// What the `csv` crate writes is read back, whatever the line ends and however much is quoted, each row under its number.
    #[test]
    fn what_is_written_is_read_back(
        cells in prop::collection::vec(prop::collection::vec("[a-zäß,;\" \n]{0,6}", 3), 0..12),
        semicolon in any::<bool>(),
        windows in any::<bool>(),
        always in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(if semicolon { b';' } else { b',' })
            .terminator(if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .from_writer(Vec::new());
        writer.write_record(["x", "y", "z"]).unwrap();
        for row in &cells {
            writer.write_record(row).unwrap();
        }
        let table = Table::read(&writer.into_inner().unwrap()).unwrap();
        let expected: Vec<Row> = cells
            .iter()
            .zip(2..)
            .map(|(row, number)| Row { number, cells: row.iter().map(|cell| cell.trim().to_owned()).collect() })
            .filter(|row| row.cells.iter().any(|cell| !cell.is_empty()))
            .collect();
        prop_assert_eq!(table.rows, expected);
    }
}

//! A CSV file as it comes from a spreadsheet: bytes in, a header and rows out, or the first thing that is wrong and where.
//!
//! The surprising rule: a row's number is the one that the spreadsheet shows. The header counts (it is row 1, unless
//! blank lines come first), blank lines count although they are left out, and a line break inside quotes does not.
//!
//! Cells are trimmed, in Unicode NFC, with `\n` for every line break. What they mean is for the import to know.

use std::collections::HashSet;
use std::io::Read;

use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::upload::too_large;
use crate::http::{Code, FieldError, Problem};

/// The largest file, in bytes: 5 MiB.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The most rows, without the header and blank lines.
pub const MAX_ROWS: usize = 10_000;
/// The most columns.
pub const MAX_COLUMNS: usize = 64;
/// The longest cell, in code points after trimming.
pub const MAX_CELL_CHARACTERS: usize = 10_000;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What separates the cells: `,` or `;`, whichever the header line has more of.
    pub delimiter: char,
    /// The names of the columns: not empty, no two alike.
    pub header: Vec<String>,
    /// The rows that hold anything, each with one cell for every column.
    pub rows: Vec<Row>,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as a spreadsheet shows it, from 1; the header has one too.
    pub number: usize,
    /// Its cells, in the order of the header.
    pub cells: Vec<String>,
}

/// Why a file is no table. Rows and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// More than [`MAX_BYTES`].
    #[error("the file has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// Nothing in it, not even a header.
    #[error("the file is empty")]
    Empty,
    /// A cell in another encoding.
    #[error("row {row}, column {column}: not UTF-8; save the file as CSV UTF-8")]
    NotUtf8 {
        /// The row's number.
        row: usize,
        /// The column's number.
        column: usize,
    },
    /// A cell with the character NUL.
    #[error("row {row}, column {column}: the character NUL is not text")]
    Nul {
        /// The row's number.
        row: usize,
        /// The column's number.
        column: usize,
    },
    /// Quotes that open and never close.
    #[error("row {row}, column {column}: the quotes that open here are never closed")]
    UnclosedQuotes {
        /// The row's number.
        row: usize,
        /// The column's number.
        column: usize,
    },
    /// A cell longer than [`MAX_CELL_CHARACTERS`].
    #[error("row {row}, column {column}: more than {MAX_CELL_CHARACTERS} characters")]
    CellTooLong {
        /// The row's number.
        row: usize,
        /// The column's number.
        column: usize,
    },
    /// More than [`MAX_COLUMNS`] columns.
    #[error("row {row}: {columns} columns, at most {MAX_COLUMNS} are read")]
    TooManyColumns {
        /// The header's number.
        row: usize,
        /// How many there are.
        columns: usize,
    },
    /// A column without a name.
    #[error("row {row}, column {column}: the column has no name")]
    EmptyHeader {
        /// The header's number.
        row: usize,
        /// The column's number.
        column: usize,
    },
    /// Two columns of the same name.
    #[error("row {row}, column {column}: the name `{name}` is there twice")]
    DuplicateHeader {
        /// The header's number.
        row: usize,
        /// The number of the second of them.
        column: usize,
        /// The name.
        name: String,
    },
    /// A row with more or fewer cells than the header.
    #[error("row {row}: {cells} cells, but the header has {columns}")]
    Ragged {
        /// The row's number.
        row: usize,
        /// How many cells it has.
        cells: usize,
        /// How many columns the header has.
        columns: usize,
    },
    /// More than [`MAX_ROWS`].
    #[error("row {row}: more than {MAX_ROWS} rows")]
    TooManyRows {
        /// The number of the first row too many.
        row: usize,
    },
    /// The reader gave up, which reading from memory never makes it do.
    #[error("row {row}: cannot be read as CSV")]
    Unreadable {
        /// The number of the row it was at.
        row: usize,
    },
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        let code = match &error {
            TableError::TooLarge => return too_large(MAX_BYTES),
            TableError::TooManyRows { .. } => {
                return Self::new(Code::PayloadTooLarge)
                    .detail(format!("The table may have {MAX_ROWS} rows."))
                    .member("limit_rows", MAX_ROWS);
            }
            TableError::Empty => "empty",
            TableError::NotUtf8 { .. } => "not_utf8",
            TableError::Nul { .. } => "control_character",
            TableError::UnclosedQuotes { .. } => "unclosed_quotes",
            TableError::CellTooLong { .. } => "too_long",
            TableError::TooManyColumns { .. } => "too_many_columns",
            TableError::EmptyHeader { .. } => "column_without_name",
            TableError::DuplicateHeader { .. } => "duplicate_column",
            TableError::Ragged { .. } => "ragged_row",
            TableError::Unreadable { .. } => "unreadable",
        };
        let pointer = error
            .row()
            .map_or_else(|| "/rows".to_owned(), |row| format!("/rows/{row}"));
        let detail: String = format!("{error}.").chars().take(1_000).collect();
        let params = json!({"row": error.row(), "column": error.column()});
        Self::fields(vec![FieldError::body(pointer, code, detail).with(params)])
    }
}

impl TableError {
    /// The number of the row at fault, where it is one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::TooLarge | Self::Empty => None,
            Self::TooManyColumns { row, .. }
            | Self::EmptyHeader { row, .. }
            | Self::DuplicateHeader { row, .. }
            | Self::NotUtf8 { row, .. }
            | Self::Nul { row, .. }
            | Self::UnclosedQuotes { row, .. }
            | Self::CellTooLong { row, .. }
            | Self::Ragged { row, .. }
            | Self::TooManyRows { row }
            | Self::Unreadable { row } => Some(*row),
        }
    }

    /// The number of the column at fault, where it is one.
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::NotUtf8 { column, .. }
            | Self::Nul { column, .. }
            | Self::UnclosedQuotes { column, .. }
            | Self::CellTooLong { column, .. }
            | Self::EmptyHeader { column, .. }
            | Self::DuplicateHeader { column, .. } => Some(*column),
            Self::TooLarge
            | Self::Empty
            | Self::TooManyColumns { .. }
            | Self::Ragged { .. }
            | Self::TooManyRows { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}

impl Table {
    /// Reads a file: UTF-8 with or without byte order mark, any line ends, `"` around cells that need it.
    ///
    /// A header without rows is a table without rows. Rows in which every cell is blank are left out.
    ///
    /// # Errors
    /// The first [`TableError`] from the top of the file.
    pub fn read(bytes: &[u8]) -> Result<Self, TableError> {
        if bytes.len() > MAX_BYTES {
            return Err(TableError::TooLarge);
        }
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let delimiter = delimiter_of(text);
        let mut records = Records::new(text, delimiter);
        let Row {
            number,
            cells: header,
        } = records.next().transpose()?.ok_or(TableError::Empty)?;
        check_header(number, &header)?;
        let mut rows = Vec::new();
        for record in records {
            let row = record?;
            if row.cells.len() != header.len() {
                return Err(TableError::Ragged {
                    row: row.number,
                    cells: row.cells.len(),
                    columns: header.len(),
                });
            }
            if rows.len() == MAX_ROWS {
                return Err(TableError::TooManyRows { row: row.number });
            }
            rows.push(row);
        }
        Ok(Self {
            delimiter: char::from(delimiter),
            header,
            rows,
        })
    }

    /// The index of the column of this name in every row's cells.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}

fn check_header(row: usize, header: &[String]) -> Result<(), TableError> {
    if header.len() > MAX_COLUMNS {
        return Err(TableError::TooManyColumns {
            row,
            columns: header.len(),
        });
    }
    let mut names = HashSet::new();
    for (name, column) in header.iter().zip(1..) {
        if name.is_empty() {
            return Err(TableError::EmptyHeader { row, column });
        }
        if !names.insert(name) {
            return Err(TableError::DuplicateHeader {
                row,
                column,
                name: name.clone(),
            });
        }
    }
    Ok(())
}

/// Whichever of `,` and `;` the first line that is not blank has more of, outside quotes. A German or French spreadsheet writes `;`.
fn delimiter_of(text: &[u8]) -> u8 {
    let (mut commas, mut semicolons) = (0, 0);
    let (mut in_quotes, mut previous) = (false, b',');
    for byte in text.iter().copied().skip_while(|byte| is_line_end(*byte)) {
        match byte {
            b'"' if in_quotes => in_quotes = false,
            // Quotes mean quotes only around a whole cell; doubled ones inside it close and open again.
            b'"' => in_quotes = matches!(previous, b',' | b';' | b'"'),
            b',' if !in_quotes => commas += 1,
            b';' if !in_quotes => semicolons += 1,
            byte if is_line_end(byte) && !in_quotes => break,
            _ => {}
        }
        previous = byte;
    }
    if semicolons > commas { b';' } else { b',' }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Follows the text, so that unclosed quotes betray themselves: only they can put a NUL into a cell when the text has none.
const SENTINEL: &[u8] = b"\n\0";

/// The records of a file that are not blank, as rows.
struct Records<'a> {
    text: &'a [u8],
    text_has_nul: bool,
    reader: csv::Reader<std::io::Chain<&'a [u8], &'static [u8]>>,
    number: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a [u8], delimiter: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.chain(SENTINEL));
        Self {
            text,
            text_has_nul: text.contains(&0),
            reader,
            number: 0,
        }
    }

    fn cell(&self, bytes: &[u8], column: usize) -> Result<String, TableError> {
        let row = self.number;
        if bytes.contains(&0) {
            return Err(if self.text_has_nul {
                TableError::Nul { row, column }
            } else {
                TableError::UnclosedQuotes { row, column }
            });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TableError::NotUtf8 { row, column })?;
        let text: String = text
            .trim()
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .nfc()
            .collect();
        if text.chars().count() > MAX_CELL_CHARACTERS {
            Err(TableError::CellTooLong { row, column })
        } else {
            Ok(text)
        }
    }

    /// How many blank lines the reader passed over from `start` on.
    fn blank_lines(&self, start: usize) -> usize {
        let (before, rest) = self
            .text
            .split_at_checked(start)
            .unwrap_or((self.text, &[]));
        // The reader leaves the second half of a `\r\n` for the next record.
        let rest = if before.ends_with(b"\r") {
            rest.strip_prefix(b"\n").unwrap_or(rest)
        } else {
            rest
        };
        let length = rest.iter().take_while(|byte| is_line_end(**byte)).count();
        let blank = rest.get(..length).unwrap_or_default();
        let pairs = blank.windows(2).filter(|pair| pair == b"\r\n").count();
        length - pairs
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = csv::ByteRecord::new();
        loop {
            let start = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
            self.number += 1 + self.blank_lines(start);
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => return Some(Err(TableError::Unreadable { row: self.number })),
            }
            let is_sentinel =
                !self.text_has_nul && record.len() == 1 && record.get(0) == Some(b"\0");
            if is_sentinel {
                return None;
            }
            let cells: Result<Vec<String>, TableError> = record
                .iter()
                .zip(1..)
                .map(|(bytes, column)| self.cell(bytes, column))
                .collect();
            match cells {
                Ok(cells) if cells.iter().all(String::is_empty) => {}
                Ok(cells) => {
                    return Some(Ok(Row {
                        number: self.number,
                        cells,
                    }));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! What the columns of a table come to, in memory that does not grow with its rows.

use arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array,
};

use crate::table::{Error, Role, Table};

/// Bars of a histogram.
const BARS: usize = 24;

/// Different values that are counted one by one. Columns with more are drawn as histograms if they
/// hold numbers, and not at all if they hold text.
const CATEGORIES: usize = 12;

/// Characters of a text that may be a category.
const LONGEST_CATEGORY: usize = 200;

/// Axes of a shape that are drawn.
const AXES: usize = 5;

/// A column that can be drawn.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    /// As in the table; an axis of a shape has its number in brackets behind it, the slowest first.
    pub(super) name: String,
    /// Rows that have a value.
    pub(super) filled: u64,
    pub(super) content: Content,
}

/// What is drawn of a column.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// Numbers, counted in bars of one width from the least to the largest.
    Histogram {
        least: f64,
        mean: f64,
        largest: f64,
        bars: Vec<u64>,
    },
    /// How often each value occurs: numbers in their order, texts the most frequent first.
    Counts(Vec<(String, u64)>),
}

/// Goes through a table twice: for the ranges of its numbers, then for the bars.
pub(super) fn columns(table: &mut Table<'_>) -> Result<Vec<Column>, Error> {
    let mut all: Vec<Series> = Vec::new();
    let schema = table.schema();
    for (place, (field, role)) in schema.fields().iter().zip(table.roles()).enumerate() {
        if matches!(role, Role::Item | Role::Path) {
            continue;
        }
        all.push(Series::new(field.name().clone(), place, None));
        if *role == Role::Shape {
            all.extend((0..AXES).map(|axis| {
                let name = format!("{}[{axis}]", field.name());
                Series::new(name, place, Some(axis))
            }));
        }
    }
    table.restart();
    for batch in table.by_ref() {
        let batch = batch?;
        for series in &mut all {
            each(&batch, series.column, series.axis, |cell| {
                series.summary.take(cell);
            });
        }
    }
    table.restart();
    for batch in table.by_ref() {
        let batch = batch?;
        let histograms = all.iter_mut();
        for series in histograms.filter(|series| series.summary.is_histogram()) {
            each(&batch, series.column, series.axis, |cell| {
                if let Cell::Number(number) = cell
                    && let Some(bar) = series.bars.get_mut(series.summary.bar(number))
                {
                    *bar += 1;
                }
            });
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    // The column whose few shapes were counted: their axes say nothing more.
    let mut counted = None;
    for series in all {
        if series.axis.is_some() && counted == Some(series.column) {
            continue;
        }
        let column = series.column;
        if let Some(drawn) = series.finish() {
            counted = Some(column);
            columns.push(drawn);
        }
    }
    Ok(columns)
}

/// A column of the table, or an axis of the shapes in it.
struct Series {
    name: String,
    /// Its place in the table.
    column: usize,
    axis: Option<usize>,
    summary: Summary,
    bars: Vec<u64>,
}

impl Series {
    fn new(name: String, column: usize, axis: Option<usize>) -> Self {
        Self {
            name,
            column,
            axis,
            summary: Summary::default(),
            bars: vec![0; BARS],
        }
    }

    /// `None` for what is empty, or text that is no category.
    fn finish(self) -> Option<Column> {
        let summary = self.summary;
        let content = match (summary.categories, summary.range) {
            (Some(categories), _) => Content::Counts(categories.finish()),
            (None, Some((least, largest))) => Content::Histogram {
                least,
                mean: summary.sum / summary.filled as f64,
                largest,
                bars: self.bars,
            },
            (None, None) => return None,
        };
        Some(Column {
            name: self.name,
            filled: summary.filled,
            content,
        })
        .filter(|column| column.filled > 0)
    }
}

/// What is known of a column after the first walk.
struct Summary {
    filled: u64,
    /// Least and largest number.
    range: Option<(f64, f64)>,
    sum: f64,
    /// `None` once there are too many.
    categories: Option<Categories>,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            filled: 0,
            range: None,
            sum: 0.0,
            categories: Some(Categories::default()),
        }
    }
}

impl Summary {
    fn take(&mut self, cell: Cell<'_>) {
        self.filled += 1;
        if let Cell::Number(number) = cell {
            let (least, largest) = self.range.unwrap_or((number, number));
            self.range = Some((least.min(number), largest.max(number)));
            self.sum += number;
        }
        if let Some(categories) = &mut self.categories
            && !categories.take(cell)
        {
            self.categories = None;
        }
    }

    fn is_histogram(&self) -> bool {
        self.categories.is_none() && self.range.is_some()
    }

    fn bar(&self, number: f64) -> usize {
        let (least, largest) = self.range.unwrap_or_default();
        // Halves, because a range may be wider than the largest number.
        let share = (number / 2.0 - least / 2.0) / (largest / 2.0 - least / 2.0);
        if share.is_finite() {
            // A conversion from floating point keeps to the bounds of the type.
            ((share * BARS as f64) as usize).min(BARS - 1)
        } else {
            0
        }
    }
}

/// Values with how often each occurs.
#[derive(Default)]
struct Categories {
    numbers: Vec<(f64, u64)>,
    texts: Vec<(String, u64)>,
}

impl Categories {
    /// Whether there was room for it.
    fn take(&mut self, cell: Cell<'_>) -> bool {
        let is_full = self.numbers.len() + self.texts.len() == CATEGORIES;
        match cell {
            Cell::Number(number) => {
                match self.numbers.iter_mut().find(|(known, _)| *known == number) {
                    Some((_, count)) => *count += 1,
                    None if is_full => return false,
                    None => self.numbers.push((number, 1)),
                }
            }
            Cell::Text(text) => match self.texts.iter_mut().find(|(known, _)| known == text) {
                Some((_, count)) => *count += 1,
                None if is_full || text.chars().nth(LONGEST_CATEGORY).is_some() => return false,
                None => self.texts.push((text.to_owned(), 1)),
            },
        }
        true
    }

    fn finish(mut self) -> Vec<(String, u64)> {
        self.numbers
            .sort_by(|(one, _), (other, _)| one.total_cmp(other));
        self.texts
            .sort_by(|(one, of_one), (other, of_other)| (of_other, one).cmp(&(of_one, other)));
        let numbers = self.numbers.into_iter();
        let numbers = numbers.map(|(number, count)| (number.to_string(), count));
        numbers.chain(self.texts).collect()
    }
}

/// One cell that is not null.
#[derive(Clone, Copy)]
enum Cell<'a> {
    Number(f64),
    Text(&'a str),
}

/// Gives each cell of a column that is not null, or the axis of the shape in it.
fn each(batch: &RecordBatch, column: usize, axis: Option<usize>, mut take: impl FnMut(Cell<'_>)) {
    let Some(column) = batch.columns().get(column) else {
        return;
    };
    let column = column.as_any();
    if let Some(texts) = column.downcast_ref::<StringArray>() {
        for text in texts.iter().flatten() {
            match axis {
                None => take(Cell::Text(text)),
                Some(axis) => {
                    let shape: Vec<u64> = serde_json::from_str(text).unwrap_or_default();
                    if let Some(size) = shape.get(axis) {
                        take(Cell::Number(*size as f64));
                    }
                }
            }
        }
    } else if let Some(flags) = column.downcast_ref::<BooleanArray>() {
        let name = |flag| if flag { "true" } else { "false" };
        let flags = flags.iter().flatten();
        flags.for_each(|flag| take(Cell::Text(name(flag))));
    } else if let Some(numbers) = column.downcast_ref::<UInt64Array>() {
        let numbers = numbers.iter().flatten();
        numbers.for_each(|number| take(Cell::Number(number as f64)));
    } else if let Some(numbers) = column.downcast_ref::<Int64Array>() {
        let numbers = numbers.iter().flatten();
        numbers.for_each(|number| take(Cell::Number(number as f64)));
    } else if let Some(numbers) = column.downcast_ref::<Float64Array>() {
        let numbers = numbers.iter().flatten();
        numbers.for_each(|number| take(Cell::Number(number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(cells: &[Cell<'_>]) -> Option<Column> {
        let mut series = Series::new("a".to_owned(), 0, None);
        cells.iter().for_each(|cell| series.summary.take(*cell));
        for cell in cells {
            if let Cell::Number(number) = cell {
                series.bars[series.summary.bar(*number)] += 1;
            }
        }
        series.finish()
    }

    #[test]
    fn few_different_values_are_counted_and_many_numbers_are_a_histogram() {
        let few = series(&[
            Cell::Text("b"),
            Cell::Text("c"),
            Cell::Text("c"),
            Cell::Text("a"),
        ]);
        let counts = [("c", 2), ("a", 1), ("b", 1)].map(|(text, count)| (text.to_owned(), count));
        assert_eq!(few.unwrap().content, Content::Counts(counts.to_vec()));
        let numbers: Vec<Cell<'_>> = (0..48).map(|number| Cell::Number(number.into())).collect();
        let histogram = Content::Histogram {
            least: 0.0,
            mean: 23.5,
            largest: 47.0,
            bars: vec![2; BARS],
        };
        assert_eq!(series(&numbers).unwrap().content, histogram);
        let scores = [3.0, 1.5, 3.0].map(Cell::Number);
        let counts = [("1.5", 1), ("3", 2)].map(|(text, count)| (text.to_owned(), count));
        assert_eq!(
            series(&scores).unwrap().content,
            Content::Counts(counts.to_vec())
        );
    }

    #[test]
    fn free_text_and_nothing_are_not_drawn_and_no_number_is_outside() {
        let texts: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let texts: Vec<Cell<'_>> = texts.iter().map(|text| Cell::Text(text)).collect();
        assert_eq!(series(&texts), None);
        assert_eq!(series(&[Cell::Text(&"long".repeat(100))]), None);
        assert_eq!(series(&[]), None);
        let mut wide: Vec<Cell<'_>> = (0..20).map(|number| Cell::Number(number.into())).collect();
        wide.extend([Cell::Number(f64::MAX), Cell::Number(f64::MIN)]);
        let Some(Content::Histogram { bars, .. }) = series(&wide).map(|column| column.content)
        else {
            panic!("a histogram");
        };
        assert_eq!(bars.iter().sum::<u64>(), 22);
    }
}

//! Columns as figures: SVG and rows of bars, without a script.

use std::fmt::Write as _;

use super::beginning;
use super::statistics::{Column, Content};
use crate::html::escaped;

/// Of a histogram, in units of its own: it is as wide as there is room.
const HEIGHT: u64 = 60;

/// Characters of a name or a value that are shown.
const SHOWN: usize = 60;

/// A column of a table with so many rows as a figure.
pub(super) fn figure(column: &Column, rows: u64) -> String {
    let (drawn, more) = match &column.content {
        Content::Histogram {
            least,
            mean,
            largest,
            bars,
        } => (
            histogram(bars, *least, *largest),
            format!(", mean {}", number(*mean)),
        ),
        Content::Counts(counts) => (bars_of(counts), String::new()),
    };
    let share = if column.filled == rows {
        "all items".to_owned()
    } else {
        format!("{} of {rows} items", column.filled)
    };
    format!(
        "<figure class=\"plot\"><figcaption><b>{}</b><span>{share}{more}</span></figcaption>{drawn}\
         </figure>\n",
        escaped(&beginning(&column.name, SHOWN))
    )
}

fn histogram(bars: &[u64], least: f64, largest: f64) -> String {
    let most = bars.iter().copied().max().unwrap_or(1).max(1);
    let width = (largest / 2.0 - least / 2.0) / bars.len() as f64 * 2.0;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"from {} to {}, at most {most} in a bar\">",
        bars.len() * 10,
        number(least),
        number(largest)
    );
    for (place, count) in bars.iter().enumerate() {
        // What is there is seen, however little it is.
        let height = (u128::from(*count) * u128::from(HEIGHT)).div_ceil(u128::from(most)) as u64;
        let from = least + width * place as f64;
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"9\" height=\"{height}\">\
             <title>{count} from {} to {}</title></rect>",
            place * 10,
            HEIGHT - height,
            number(from),
            number(from + width)
        );
    }
    let _ = write!(
        svg,
        "</svg><div class=\"ends\"><span>{}</span><span>{}</span></div>",
        number(least),
        number(largest)
    );
    svg
}

fn bars_of(counts: &[(String, u64)]) -> String {
    let most = counts.iter().map(|(_, count)| *count).max();
    let most = most.unwrap_or(1).max(1) as f64;
    let mut table = String::from("<table class=\"bars\">");
    for (text, count) in counts {
        let _ = write!(
            table,
            "<tr><td>{}</td><td><i style=\"width:{:.1}%\"></i></td><td>{count}</td></tr>",
            escaped(&beginning(text, SHOWN)),
            *count as f64 / most * 100.0,
        );
    }
    table + "</table>"
}

fn number(number: f64) -> String {
    let size = number.abs();
    if number.fract() == 0.0 && size < 1e15 {
        format!("{number}")
    } else if (1e-3..1e6).contains(&size) {
        format!("{number:.3}")
    } else {
        format!("{number:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, content: Content) -> Column {
        Column {
            name: name.to_owned(),
            filled: 3,
            content,
        }
    }

    #[test]
    fn names_and_values_stay_text_and_are_not_endless() {
        let hostile = "<script>".repeat(1000);
        let counts = Content::Counts(vec![(hostile.clone(), 3)]);
        let figure = figure(&column(&hostile, counts), 3);
        assert!(
            !figure.contains("<script") && figure.len() < 1500,
            "{figure}"
        );
        assert!(figure.contains("&lt;script&gt;") && figure.contains("all items"));
    }

    #[test]
    fn the_highest_bar_has_the_whole_height_and_one_is_seen() {
        let histogram = Content::Histogram {
            least: 0.5,
            mean: 1.0,
            largest: 1.5,
            bars: vec![u64::MAX, 1, 0],
        };
        let figure = figure(&column("a", histogram), 4);
        for height in [
            "height=\"60\"",
            "height=\"1\"",
            "height=\"0\"",
            "3 of 4 items, mean 1",
        ] {
            assert!(figure.contains(height), "{height} in {figure}");
        }
    }
}

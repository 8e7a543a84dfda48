//! The order of titles.

/// Titles in the order people expect: without case, and numbers by their value.
pub(super) fn sort_key(title: &str) -> String {
    let mut key = String::with_capacity(title.len() + 8);
    let mut digits = String::new();
    for character in title.to_lowercase().chars().chain([' ']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
        key.push(character);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_titles_are_sorted_by_their_value() {
        let mut titles = ["case 10", "Case 2", "case 1b", "Case 1"];
        titles.sort_by_key(|title| sort_key(title));
        assert_eq!(titles, ["Case 1", "case 1b", "Case 2", "case 10"]);
    }
}

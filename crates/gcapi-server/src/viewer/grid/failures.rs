//! Failures of the last run, by the item they befell.

use std::collections::HashMap;

use gcapi_archive::Failure;
use uuid::Uuid;

use super::Entry;

/// A failure says its place: a path, which starts with the item, or the item in words.
pub(super) fn count(entries: &mut [Entry], failures: &[Failure]) {
    if failures.is_empty() {
        return;
    }
    let mut counts: HashMap<Uuid, u64> = HashMap::new();
    for failure in failures {
        let pks = failure
            .place
            .split(|character: char| !character.is_ascii_hexdigit() && character != '-')
            .filter_map(|word| Uuid::parse_str(word).ok());
        if let Some(pk) = pks.into_iter().next() {
            *counts.entry(pk).or_default() += 1;
        }
    }
    for entry in entries {
        entry.failed = counts.get(&entry.pk).copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_counted_for_the_item_it_names() {
        let pk = Uuid::from_u128(7);
        let mut entries = vec![Entry {
            pk,
            ..Entry::default()
        }];
        let failure = |place: String| Failure {
            place,
            reason: String::new(),
            next_step: String::new(),
        };
        let failures = [
            failure(format!("{pk}/images/ct/a.mha")),
            failure(format!("item {pk}, socket ct")),
            failure(format!("{}/a.json", Uuid::from_u128(8))),
        ];
        count(&mut entries, &failures);
        assert_eq!(entries[0].failed, 2);
    }
}

//! An item of an archive on disk, as the parts that Python makes its objects of.

use gcapi_archive::{Catalogue, Error, ItemRecord};
use gcapi_inspect::places::paths;
use gcapi_transfer::{PlannedItem, PlannedValue};

/// The pk, the title, the JSON object as served without its values, and the values.
pub(crate) type ItemParts = (String, String, String, Vec<ValueParts>);

/// The socket's slug and super kind, the JSON text of a Value, the pk of an image, and the paths
/// below the folder of the archive: of a DICOM image set its folder.
pub(crate) type ValueParts = (String, String, Option<String>, Option<String>, Vec<String>);

/// An item that has just been downloaded.
pub(crate) fn planned(item: PlannedItem) -> ItemParts {
    let parts = |value: PlannedValue| {
        let image = value.image.map(|image| image.to_string());
        let (slug, kind, mut paths) = (value.socket, value.super_kind, value.paths);
        paths.sort_unstable();
        (slug, kind, value.json, image, paths)
    };
    let values = item.values.into_iter().map(parts).collect();
    (item.pk.to_string(), item.title, item.record, values)
}

/// An item of the catalogue.
pub(crate) fn stored(catalogue: &Catalogue, item: ItemRecord) -> Result<ItemParts, Error> {
    let files = catalogue.files_of_item(item.pk)?;
    let mut values = Vec::with_capacity(item.values.len());
    for value in item.values {
        let Some(socket) = catalogue.socket(value.socket)? else {
            continue;
        };
        let paths = paths(&files, &value);
        let image = value.image.map(|image| image.to_string());
        // A value that is not there was served as `null`.
        let is_value = socket.super_kind.eq_ignore_ascii_case("value");
        let json = value.value.or_else(|| is_value.then(|| "null".to_owned()));
        let json = json.filter(|_| is_value);
        values.push((socket.slug, socket.super_kind, json, image, paths));
    }
    Ok((item.pk.to_string(), item.title, item.record, values))
}

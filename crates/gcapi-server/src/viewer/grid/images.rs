//! Images where there are no items.

use gcapi_archive::{Catalogue, Error, layout};

use super::modalities::modality;
use super::{Entry, PAGE};

/// The images of a folder that has no items.
pub(super) fn read(catalogue: &Catalogue) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = catalogue.images_after(after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(entries);
        };
        after = Some(last.pk);
        for image in page {
            let files = catalogue.files_of_image(image.pk)?;
            let preview = files
                .iter()
                .find(|file| !layout::is_companion(file.path.as_str()));
            entries.push(Entry {
                pk: image.pk,
                searched: format!("{} {}", image.name, image.pk).to_lowercase(),
                title: image.name,
                modalities: modality(&image.record).into_iter().collect(),
                files: files.len() as u64,
                bytes: files.iter().map(|file| file.written.size).sum(),
                missing: u64::from(files.is_empty()),
                preview: preview.map(|file| file.path.clone()),
                ..Entry::default()
            });
        }
    }
}

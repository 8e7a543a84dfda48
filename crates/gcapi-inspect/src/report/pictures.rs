//! Small pictures of some images.

use std::collections::BTreeMap;
use std::path::Path;

use gcapi_archive::{ArchiveFolder, Catalogue, Error};
use gcapi_image::Limits;

use crate::html::{Cell, Shown, Thumbnail};
use crate::places::{main_path, paths};

/// Pictures at most.
const MOST: usize = 48;

/// Pictures of one socket at most, so that each has some.
const OF_A_SOCKET: usize = 8;

/// Items that are looked at: sockets that few have may come late.
const ITEMS: u64 = 200;

/// Pixels along the longer side.
const EDGE: u32 = 192;

/// Bytes of samples that one picture may take.
const SAMPLES: u64 = 1 << 30;

/// Draws the first images of each socket, in the order of the pks, which is as good as at random.
pub(super) fn first(catalogue: &Catalogue, folder: &ArchiveFolder) -> Result<Vec<Cell>, Error> {
    let mut cells = Vec::new();
    let mut of_sockets: BTreeMap<i64, usize> = BTreeMap::new();
    for item in catalogue.items_after(None, ITEMS)? {
        let files = catalogue.files_of_item(item.pk)?;
        for value in item.values.iter().filter(|value| value.image.is_some()) {
            let Some(socket) = catalogue.socket(value.socket)? else {
                continue;
            };
            let found = paths(&files, value);
            let (Some(path), drawn) = (main_path(&found), of_sockets.entry(socket.pk).or_default())
            else {
                continue;
            };
            if *drawn < OF_A_SOCKET {
                *drawn += 1;
                cells.push(cell(folder, path, &item.title, vec![socket.slug]));
            }
            if cells.len() == MOST {
                return Ok(cells);
            }
        }
    }
    Ok(cells)
}

/// Draws the first images of a folder that holds nothing else.
pub(super) fn first_of_images_only(
    catalogue: &Catalogue,
    folder: &ArchiveFolder,
) -> Result<Vec<Cell>, Error> {
    let mut cells = Vec::new();
    for image in catalogue.images_after(None, MOST as u64)? {
        let files = catalogue.files_of_image(image.pk)?;
        let found: Vec<String> = files.iter().map(|file| file.path.to_string()).collect();
        if let Some(path) = main_path(&found) {
            cells.push(cell(folder, path, &image.name, Vec::new()));
        }
    }
    Ok(cells)
}

fn cell(folder: &ArchiveFolder, path: &str, heading: &str, mut lines: Vec<String>) -> Cell {
    let shown = match draw(&folder.root().join(path), &mut lines) {
        Ok(picture) => Shown::Thumbnail(picture),
        Err(reason) => Shown::Failed(reason),
    };
    Cell {
        shown,
        heading: heading.to_owned(),
        lines,
    }
}

/// The picture, or why there is none: without the place of the folder, which is nobody's business.
fn draw(path: &Path, lines: &mut Vec<String>) -> Result<Thumbnail, String> {
    let mut limits = Limits::default();
    limits.sample_bytes = SAMPLES;
    let reason = |error: gcapi_image::Error| error.problem.to_string();
    let image = gcapi_image::open_within(path, &limits).map_err(reason)?;
    let size: Vec<String> = image.size().iter().map(u64::to_string).collect();
    lines.push(size.join(" × "));
    let picture = gcapi_image::thumbnail(&image, EDGE).map_err(reason)?;
    Thumbnail::new(&picture).ok_or_else(|| "no picture that a browser can show".to_owned())
}

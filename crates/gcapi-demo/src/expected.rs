//! What a reader of each file has to find, taken from the numbers before they
//! were encoded and not from the files.

use gcapi_archive::{Content as Bytes, RelativePath};
use serde_json::{Map, Value, json};

use crate::description::{ARCHIVE_PK, Content, Description, Image, Item, SLUG, Socket, Source};
use crate::error::Error;
use crate::formats::{Coding, Pyramid};
use crate::geometry::float;
use crate::placement::{Place, places};
use crate::raster::{Picture, Volume};

/// Blocks across and down whose mean colours are compared where the coding is
/// lossy.
const BLOCKS: usize = 8;

/// The expected content of a download of the demo archive, for programs that
/// check it with other readers:
///
/// ```text
/// { "archive": {"pk", "slug"},
///   "items": {"<item pk>": "<title>"},
///   "files": {"<path>": {"reader", ...}},
///   "series": {"<folder of a DICOM image set>": {"instances", "shape", ...}} }
/// ```
///
/// Shapes are (depth, height, width) or (height, width, 3); spacings and
/// origins are x, y, z in millimetres; `direction` is row by row, as ITK gives
/// it; `sha256` is that of the little-endian pixels in C order, or of the
/// file's bytes where the reader is `bytes` or `pdf`.
///
/// # Errors
/// [`Error::Encode`] for the names of DICOM instances, [`Error::Archive`] for
/// paths.
pub fn expected() -> Result<Value, Error> {
    of(&Description::new())
}

/// [`expected`] for a description that was made before.
pub(crate) fn of(description: &Description) -> Result<Value, Error> {
    let mut files = Map::new();
    let mut series = Map::new();
    for (place, value) in places(description) {
        match &value.content {
            Content::Value(text) => {
                insert(
                    &mut files,
                    &path(place.value())?,
                    json!({"reader": "value", "json": text}),
                );
            }
            Content::File { bytes, .. } => {
                insert(&mut files, &path(place.value())?, file(place.socket, bytes));
            }
            Content::Image(key) => {
                if let Some(image) = description.image(*key) {
                    image_files(&mut files, &mut series, place, image)?;
                }
            }
        }
    }
    let items: Map<String, Value> = description
        .items
        .iter()
        .map(|Item { pk, title, .. }| (pk.to_string(), json!(title)))
        .collect();
    Ok(json!({
        "archive": {"pk": ARCHIVE_PK, "slug": SLUG},
        "items": items,
        "files": files,
        "series": series,
    }))
}

fn path(path: Result<RelativePath, gcapi_archive::PathRefused>) -> Result<RelativePath, Error> {
    path.map_err(|refused| gcapi_archive::Error::from(refused).into())
}

fn insert(files: &mut Map<String, Value>, path: &RelativePath, value: Value) {
    files.insert(path.as_str().to_owned(), value);
}

/// A File: its bytes have to be those of the source, and it has to be what
/// its kind says.
fn file(socket: &Socket, bytes: &[u8]) -> Value {
    let reader = match socket.kind {
        "PDF file" => "pdf",
        "CSV file" => "csv",
        _ => "json",
    };
    json!({"reader": reader, "sha256": Bytes::of(bytes).sha256, "size": bytes.len()})
}

fn image_files(
    files: &mut Map<String, Value>,
    series: &mut Map<String, Value>,
    place: Place<'_>,
    image: &Image,
) -> Result<(), Error> {
    let paths = path_list(place, image)?;
    match &image.source {
        Source::SingleFiles(volumes) => {
            for (path, volume) in paths.iter().zip(volumes) {
                insert(files, path, metaimage(volume));
            }
        }
        Source::HeaderAndData(volume, data_file) => {
            let mut header = metaimage(volume);
            if let Some(fields) = header.as_object_mut() {
                fields.insert("data_file_on_the_platform".to_owned(), json!(data_file));
            }
            for (path, content) in paths
                .iter()
                .zip([header, json!({"reader": "data of a header"})])
            {
                insert(files, path, content);
            }
        }
        Source::Slide(pyramid) => {
            let (width, height) = pyramid
                .levels
                .first()
                .map_or((0, 0), |level| (level.width, level.height));
            let deep_zoom = json!({"reader": "deep zoom", "width": width, "height": height});
            for (path, content) in paths.iter().zip([slide(pyramid), deep_zoom]) {
                insert(files, path, content);
            }
        }
        Source::Dicom(header, volume) => {
            let mut content = voxels(volume);
            let instances: Vec<String> = image
                .instances()?
                .into_iter()
                .map(|instance| instance.uid)
                .collect();
            if let Some(fields) = content.as_object_mut() {
                fields.insert("instances".to_owned(), json!(instances));
                fields.insert("patient_name".to_owned(), json!(header.patient_name));
                fields.insert(
                    "study_instance_uid".to_owned(),
                    json!(header.study_instance_uid()),
                );
                fields.insert(
                    "series_instance_uid".to_owned(),
                    json!(header.series_instance_uid()),
                );
            }
            let folder = path(place.dicom_folder(image))?;
            series.insert(folder.as_str().to_owned(), content);
        }
    }
    Ok(())
}

fn path_list(place: Place<'_>, image: &Image) -> Result<Vec<RelativePath>, Error> {
    place
        .image_files(image)
        .map_err(|refused| gcapi_archive::Error::from(refused).into())
}

fn metaimage(volume: &Volume) -> Value {
    let mut content = voxels(volume);
    if let Some(fields) = content.as_object_mut() {
        fields.insert("reader".to_owned(), json!("metaimage"));
    }
    content
}

fn voxels(volume: &Volume) -> Value {
    let geometry = &volume.geometry;
    let [columns, rows, slices] = geometry.axes;
    // ITK's matrix has the axes as columns and is given row by row.
    let direction: Vec<f64> = columns
        .iter()
        .zip(rows)
        .zip(slices)
        .flat_map(|((column, row), slice)| [*column, row, slice])
        .collect();
    json!({
        "shape": geometry.shape,
        "element": volume.element.numpy_name(),
        "spacing_mm": geometry.spacing_mm,
        "origin_mm": geometry.origin_mm,
        "direction": direction,
        "sha256": Bytes::of(&volume.bytes).sha256,
    })
}

fn slide(pyramid: &Pyramid) -> Value {
    let mut pixel_um = pyramid.pixel_um;
    let mut levels = Vec::with_capacity(pyramid.levels.len());
    for level in &pyramid.levels {
        let mut content = json!({
            "shape": [level.height, level.width, 3],
            "pixel_um": pixel_um,
            "block_means": block_means(level),
        });
        if let (Coding::Lossless, Some(fields)) = (pyramid.coding, content.as_object_mut()) {
            fields.insert("sha256".to_owned(), json!(Bytes::of(&level.bytes).sha256));
        }
        levels.push(content);
        pixel_um *= 2.0;
    }
    json!({"reader": "tiff", "levels": levels})
}

/// The mean red, green and blue of each of 8 × 8 blocks, from left to right
/// and from top to bottom.
fn block_means(picture: &Picture) -> Vec<[f64; 3]> {
    let (block_width, block_height) = (picture.width / BLOCKS, picture.height / BLOCKS);
    let mut means = Vec::with_capacity(BLOCKS * BLOCKS);
    let row_length = picture.width * 3;
    for band in picture
        .bytes
        .chunks_exact((row_length * block_height).max(1))
    {
        let mut sums = [[0_u64; 3]; BLOCKS];
        for row in band.chunks_exact(row_length) {
            for (sum, block) in sums.iter_mut().zip(row.chunks_exact(block_width * 3)) {
                for pixel in block.chunks_exact(3) {
                    for (channel, value) in sum.iter_mut().zip(pixel) {
                        *channel += u64::from(*value);
                    }
                }
            }
        }
        let count = float(block_width * block_height);
        // Below 2^32 for any block of fewer than 16 million pixels.
        means.extend(sums.map(|sum| {
            sum.map(|total| f64::from(u32::try_from(total).unwrap_or(u32::MAX)) / count)
        }));
    }
    means
}

//! MetaImage: a header of text lines, then the voxels, in one file (`.mha`)
//! or in two (`.mhd` and a data file that its last line names).
//!
//! Format: <https://itk.org/Wiki/ITK/MetaIO/Documentation>. The voxels are
//! compressed with zlib, as the platform stores them.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::error::Error;
use crate::raster::Volume;

/// A header file and the data file it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderAndData {
    /// The `.mhd` file.
    pub header: Vec<u8>,
    /// The `.zraw` file: one zlib stream.
    pub data: Vec<u8>,
}

/// A `.mha` file: header and voxels in one.
///
/// # Errors
/// [`Error::Encode`] if compression fails.
pub fn single_file(volume: &Volume) -> Result<Vec<u8>, Error> {
    let data = compress(&volume.bytes)?;
    let mut file = header(volume, data.len(), "LOCAL").into_bytes();
    file.extend_from_slice(&data);
    Ok(file)
}

/// A `.mhd` file and its data file, which will be stored as `data_file` beside it.
///
/// # Errors
/// [`Error::Encode`] if compression fails.
pub fn header_and_data(volume: &Volume, data_file: &str) -> Result<HeaderAndData, Error> {
    let data = compress(&volume.bytes)?;
    let header = header(volume, data.len(), data_file).into_bytes();
    Ok(HeaderAndData { header, data })
}

/// The header. `ElementDataFile` has to be its last line.
fn header(volume: &Volume, compressed_size: usize, data_file: &str) -> String {
    let geometry = &volume.geometry;
    let [depth, height, width] = geometry.shape;
    let [x, y, z] = geometry.origin_mm;
    let [spacing_x, spacing_y, spacing_z] = geometry.spacing_mm;
    let mut text = String::from("ObjectType = Image\nNDims = 3\n");
    text.push_str("BinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = True\n");
    let mut line = |name: &str, value: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    };
    line("CompressedDataSize", format_args!("{compressed_size}"));
    // The direction of the columns, then of the rows, then of the slices.
    let axes: Vec<String> = geometry.axes.iter().flatten().map(f64::to_string).collect();
    line("TransformMatrix", format_args!("{}", axes.join(" ")));
    line("Offset", format_args!("{x} {y} {z}"));
    line("CenterOfRotation", format_args!("0 0 0"));
    line(
        "ElementSpacing",
        format_args!("{spacing_x} {spacing_y} {spacing_z}"),
    );
    line("DimSize", format_args!("{width} {height} {depth}"));
    line(
        "ElementType",
        format_args!("{}", volume.element.metaimage_name()),
    );
    line("ElementDataFile", format_args!("{data_file}"));
    text
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let encode = |source| Error::encode("a MetaImage", source);
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(5));
    encoder.write_all(bytes).map_err(encode)?;
    encoder.finish().map_err(encode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;
    use std::io::Read as _;

    fn example() -> Volume {
        let geometry = Geometry::axial([2, 3, 4], [0.5, 0.75, 2.5]);
        Volume::from_i16(geometry, &(-12..12).collect::<Vec<i16>>())
    }

    fn inflated(data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        flate2::read::ZlibDecoder::new(data)
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    #[test]
    fn the_header_says_what_follows() {
        let file = single_file(&example()).unwrap();
        let last = b"ElementDataFile = LOCAL\n";
        let end = file
            .windows(last.len())
            .position(|part| part == last)
            .unwrap()
            + last.len();
        let header = std::str::from_utf8(&file[..end]).unwrap();
        assert!(header.contains("\nDimSize = 4 3 2\n"), "{header}");
        assert!(
            header.contains("\nElementSpacing = 0.5 0.75 2.5\n"),
            "{header}"
        );
        assert!(header.contains("\nElementType = MET_SHORT\n"), "{header}");
        assert!(
            header.contains("\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"),
            "{header}"
        );
        assert!(
            header.contains(&format!("\nCompressedDataSize = {}\n", file.len() - end)),
            "{header}"
        );
        assert_eq!(inflated(&file[end..]), example().bytes);
    }

    #[test]
    fn a_header_of_its_own_names_its_data_file_last() {
        let pair = header_and_data(&example(), "phantom.zraw").unwrap();
        assert!(pair.header.ends_with(b"ElementDataFile = phantom.zraw\n"));
        assert_eq!(inflated(&pair.data), example().bytes);
    }
}

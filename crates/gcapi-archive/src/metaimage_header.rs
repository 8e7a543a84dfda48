//! The one line of a MetaImage header that names the file with the voxels.
//!
//! An `.mhd` names its data in `ElementDataFile`, which is the last line of
//! the header (MetaIO, `metaImage.cxx`; the key ends the header). When the
//! data file is renamed the line has to follow, or nobody can read the image.

/// What a header says of its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFile {
    /// The voxels follow the header in the same file.
    Local,
    /// The voxels lie in a file of this name.
    Named(String),
    /// Several files, by a list or a pattern.
    Several,
    /// There is no such line: not a MetaImage header.
    Missing,
}

/// Reads what a MetaImage header says of its data.
#[must_use]
pub fn data_file(header: &[u8]) -> DataFile {
    let Some(value) = find(header).and_then(|(start, end)| header.get(start..end)) else {
        return DataFile::Missing;
    };
    let value = String::from_utf8_lossy(value);
    let value = value.trim();
    if value.eq_ignore_ascii_case("LOCAL") {
        DataFile::Local
    } else if value.is_empty() || value.starts_with("LIST") || value.contains('%') {
        DataFile::Several
    } else {
        DataFile::Named(value.to_owned())
    }
}

/// The header with another name for its data file; every other byte stays.
/// `None` if the header names none.
#[must_use]
pub fn with_data_file(header: &[u8], name: &str) -> Option<Vec<u8>> {
    let (start, end) = find(header)?;
    let mut out = header.get(..start)?.to_vec();
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(header.get(end..)?);
    Some(out)
}

/// Where the value of `ElementDataFile` lies, without white space around it.
fn find(header: &[u8]) -> Option<(usize, usize)> {
    let mut line_start = 0;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        let equals = line.iter().position(|byte| *byte == b'=');
        if let Some(equals) = equals
            && line
                .get(..equals)?
                .trim_ascii()
                .eq_ignore_ascii_case(b"ElementDataFile")
        {
            let value = line.get(equals + 1..)?;
            // An empty value has no end but that of its line, which must stay.
            let trimmed = value.trim_ascii();
            let leading = match trimmed {
                [] => 0,
                _ => value.len() - value.trim_ascii_start().len(),
            };
            let start = line_start + equals + 1 + leading;
            return Some((start, start + trimmed.len()));
        }
        line_start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_read_and_replaced_and_nothing_else_changes() {
        let header = b"NDims = 3\r\nElementDataFile =  my scan.zraw \r\n";
        assert_eq!(
            data_file(header),
            DataFile::Named("my scan.zraw".to_owned())
        );
        assert_eq!(
            with_data_file(header, "pk.zraw").unwrap(),
            b"NDims = 3\r\nElementDataFile =  pk.zraw \r\n",
        );
    }

    #[test]
    fn other_forms_are_told_apart() {
        assert_eq!(data_file(b"ElementDataFile=LOCAL\n\0\x01"), DataFile::Local);
        assert_eq!(
            data_file(b"ElementDataFile = LIST\na.raw\nb.raw"),
            DataFile::Several
        );
        assert_eq!(
            data_file(b"ElementDataFile = s%03d.raw 1 9 1"),
            DataFile::Several
        );
        assert_eq!(data_file(b"NDims = 3\n"), DataFile::Missing);
        assert_eq!(data_file(b""), DataFile::Missing);
        assert_eq!(with_data_file(b"NDims = 3\n", "x"), None);
        let named = with_data_file(b"ElementDataFile =\n\x01", "a.raw").unwrap();
        assert_eq!(data_file(&named), DataFile::Named("a.raw".to_owned()));
    }
}

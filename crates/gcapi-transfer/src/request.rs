//! What a caller asks for.

use std::path::PathBuf;

use gcapi_archive::layout::Layout;
use globset::{Glob, GlobMatcher};

use crate::{Error, Lookahead, Stop};

/// A download of one archive into one folder.
#[derive(Clone, Debug)]
pub struct DownloadRequest {
    /// The output folder; it is made if it is not there.
    pub output: PathBuf,
    /// Only images, as `<image pk>.<ext>` straight in the output folder.
    pub images_only: bool,
    /// Where images lie.
    pub layout: Layout,
    /// Which part of the archive.
    pub selection: Selection,
    /// What to do with files that are there.
    pub existing: Existing,
    /// Connections at a time at most, at least 1.
    pub jobs: usize,
    /// List and plan, but write nothing.
    pub dry_run: bool,
    /// In a dry run: ask how large each file is, which costs two requests for
    /// each.
    pub sizes: bool,
    /// Remove files that left the archive. It is not done where something may
    /// only seem to be gone: with a selection, or if the listing has gaps.
    pub prune: bool,
    /// Stop once so many bytes have come.
    pub max_bytes: Option<u64>,
    /// Bytes per second at most, over all files together.
    pub limit_rate: Option<u64>,
    /// Asks the download to stop before its end.
    pub stop: Stop,
    /// How far the plan may run ahead of who uses the items.
    pub lookahead: Lookahead,
}

impl DownloadRequest {
    /// Connections at a time at most unless told otherwise. How many there
    /// really are follows from what they bring and what the server bears; this
    /// many hide 50 ms of latency behind small files.
    pub const DEFAULT_JOBS: usize = 192;

    /// A whole archive into a folder, in the default layout.
    #[must_use]
    pub fn new(output: impl Into<PathBuf>) -> Self {
        Self {
            output: output.into(),
            images_only: false,
            layout: Layout::default(),
            selection: Selection::default(),
            existing: Existing::default(),
            jobs: Self::DEFAULT_JOBS,
            dry_run: false,
            sizes: false,
            prune: false,
            max_bytes: None,
            limit_rate: None,
            stop: Stop::default(),
            lookahead: Lookahead::default(),
        }
    }
}

/// What to do with files that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Keep what the catalogue knows to be whole, fetch the rest.
    #[default]
    Resume,
    /// Fetch everything again, and take over a folder with other content.
    Overwrite,
    /// Refuse a folder that is not empty.
    Error,
}

/// Which part of an archive. Empty lists select everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    sockets: Vec<GlobMatcher>,
    excluded_sockets: Vec<GlobMatcher>,
    items: Vec<GlobMatcher>,
    image_types: Vec<String>,
}

impl Selection {
    /// Takes slugs or globs of sockets to fetch and to leave out, pks, titles
    /// or globs of items, and image types (`MHD`, `TIFF`, `DZI`; `DICOM` for
    /// DICOM image sets).
    ///
    /// # Errors
    /// [`Error::Pattern`] for a malformed glob.
    pub fn new(
        sockets: &[String],
        excluded_sockets: &[String],
        items: &[String],
        image_types: &[String],
    ) -> Result<Self, Error> {
        Ok(Self {
            sockets: globs(sockets)?,
            excluded_sockets: globs(excluded_sockets)?,
            items: globs(items)?,
            image_types: image_types
                .iter()
                .map(|name| name.to_ascii_uppercase())
                .collect(),
        })
    }

    /// Whether everything is selected.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.sockets.is_empty()
            && self.excluded_sockets.is_empty()
            && self.items.is_empty()
            && self.image_types.is_empty()
    }

    /// Whether a socket is selected.
    #[must_use]
    pub fn has_socket(&self, slug: &str) -> bool {
        (self.sockets.is_empty() || any(&self.sockets, slug)) && !any(&self.excluded_sockets, slug)
    }

    /// Whether an item is selected.
    #[must_use]
    pub fn has_item(&self, pk: &str, title: &str) -> bool {
        self.items.is_empty() || any(&self.items, pk) || any(&self.items, title)
    }

    /// Whether files of an image type are selected; `None` is a file whose
    /// type the platform did not say.
    #[must_use]
    pub fn has_image_type(&self, image_type: Option<&str>) -> bool {
        self.image_types.is_empty()
            || image_type.is_some_and(|name| {
                self.image_types
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(name))
            })
    }
}

fn globs(patterns: &[String]) -> Result<Vec<GlobMatcher>, Error> {
    patterns
        .iter()
        .map(|pattern| match Glob::new(pattern) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(Error::Pattern {
                pattern: pattern.clone(),
                reason: error.kind().to_string(),
            }),
        })
        .collect()
}

fn any(globs: &[GlobMatcher], text: &str) -> bool {
    globs.iter().any(|glob| glob.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_combines_what_is_asked_for() {
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let selection = Selection::new(
            &list(&["ct-*", "report"]),
            &list(&["ct-mask"]),
            &list(&["case [0-9]*"]),
            &list(&["mhd"]),
        )
        .unwrap();
        assert!(selection.has_socket("ct-image") && selection.has_socket("report"));
        assert!(!selection.has_socket("ct-mask") && !selection.has_socket("slide"));
        assert!(selection.has_item("pk", "case 7") && !selection.has_item("pk", "case x"));
        assert!(selection.has_image_type(Some("MHD")) && !selection.has_image_type(None));
        assert!(Selection::default().has_image_type(None));
        assert!(Selection::new(&list(&["[a"]), &[], &[], &[]).is_err());
    }
}

//! Which path a socket value gets.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{PathRefused, RelativePath};

/// Where the image of a socket value lies below its item's folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `<relative path>/<image pk>.<ext>`: an item's folder is what an
    /// algorithm container is given as `/input`.
    #[default]
    Container,
    /// `<relative path>.<ext>`: the older layout.
    Flat,
}

impl Layout {
    /// The name on the command line and in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Flat => "flat",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "container" => Ok(Self::Container),
            "flat" => Ok(Self::Flat),
            _ => Err(format!(
                "there is no layout {name:?}; there are `container` and `flat`"
            )),
        }
    }
}

/// Where one use of an image goes.
#[derive(Clone, Copy, Debug)]
pub enum ImagePlace<'a> {
    /// The value of a socket of an archive item.
    Socket {
        /// The item.
        item: Uuid,
        /// Slug of the socket, which names what an empty path cannot.
        slug: &'a str,
        /// `relative_path` of the socket, as served.
        relative_path: &'a str,
        /// The layout.
        layout: Layout,
    },
    /// Image-only mode: straight in the output folder.
    Root,
}

/// The path of a Value or a File.
///
/// # Errors
/// [`PathRefused`] if the socket's path is unsafe or empty.
pub fn value_path(item: Uuid, relative_path: &str) -> Result<RelativePath, PathRefused> {
    if relative_path.is_empty() {
        return Err(PathRefused {
            path: String::new(),
            reason: "a Value or a File needs a file name, and the socket's relative path is empty",
        });
    }
    item_folder(item)?.join(RelativePath::parse(relative_path)?.as_str())
}

/// The paths of the files of one image, in their order. `served_names` are
/// the last segments of their media URLs, `pks` their primary keys.
///
/// Files of one image that share a suffix all carry their own pk as well, so
/// that neither takes the other's name.
///
/// # Errors
/// [`PathRefused`] if the socket's path or a suffix is unsafe.
pub fn image_file_paths(
    place: ImagePlace<'_>,
    image: Uuid,
    files: &[(Uuid, String)],
) -> Result<Vec<RelativePath>, PathRefused> {
    let mut same_suffix: HashMap<String, usize> = HashMap::new();
    for (_, served_name) in files {
        *same_suffix
            .entry(suffix(served_name).to_lowercase())
            .or_default() += 1;
    }
    let stem = image_stem(place, image)?;
    files
        .iter()
        .map(|(pk, served_name)| {
            let suffix = suffix(served_name);
            let shared = same_suffix
                .get(&suffix.to_lowercase())
                .is_some_and(|count| *count > 1);
            let mut name = stem.as_str().to_owned();
            if shared {
                name.push('-');
                name.push_str(&pk.to_string());
            }
            if !suffix.is_empty() {
                name.push('.');
                name.push_str(suffix);
            }
            RelativePath::parse(&name)
        })
        .collect()
}

/// The folder of the instances of a DICOM image set.
///
/// # Errors
/// [`PathRefused`] if the socket's path is unsafe.
pub fn dicom_folder(place: ImagePlace<'_>, image: Uuid) -> Result<RelativePath, PathRefused> {
    match place {
        ImagePlace::Socket {
            item,
            relative_path,
            layout: Layout::Container,
            ..
        } => item_folder(item)?.join(RelativePath::parse(relative_path)?.as_str()),
        _ => image_stem(place, image),
    }
}

/// The path of one instance in the folder of its set.
///
/// # Errors
/// [`PathRefused`] if the UID is not made of digits and dots: it becomes a
/// file name.
pub fn dicom_instance_path(
    folder: &RelativePath,
    sop_instance_uid: &str,
) -> Result<RelativePath, PathRefused> {
    if sop_instance_uid.is_empty()
        || !sop_instance_uid
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return Err(PathRefused {
            path: sop_instance_uid.to_owned(),
            reason: "a SOP instance UID has digits and dots only",
        });
    }
    folder.join(&format!("{sop_instance_uid}.dcm"))
}

fn item_folder(item: Uuid) -> Result<RelativePath, PathRefused> {
    RelativePath::parse(&item.to_string())
}

/// The path of an image without its suffix.
fn image_stem(place: ImagePlace<'_>, image: Uuid) -> Result<RelativePath, PathRefused> {
    match place {
        ImagePlace::Root => RelativePath::parse(&image.to_string()),
        ImagePlace::Socket {
            item,
            slug,
            relative_path,
            layout,
        } => {
            let below = RelativePath::parse(relative_path)?;
            let folder = item_folder(item)?;
            match layout {
                Layout::Container => folder.join(below.as_str())?.join(&image.to_string()),
                // Without a name of its own it would lie beside its item's folder.
                Layout::Flat if below.is_root() && slug.is_empty() => Err(PathRefused {
                    path: String::new(),
                    reason: "the socket has neither a relative path nor a slug",
                }),
                Layout::Flat if below.is_root() => folder.join(slug),
                Layout::Flat => folder.join(below.as_str()),
            }
        }
    }
}

/// Whether a file of an image is read by way of another file of it: the data
/// of a MetaImage header, and the list of the tiles of a slide.
#[must_use]
pub fn is_companion(name: &str) -> bool {
    ["raw", "zraw", "dzi"].contains(&suffix(name).to_ascii_lowercase().as_str())
}

/// The whole suffix of a served name: what follows the last dot, and the
/// suffix before it when the last one only says how it is compressed
/// (`nii.gz`). Empty when there is none.
#[must_use]
pub fn suffix(served_name: &str) -> &str {
    let Some((stem, last)) = served_name.rsplit_once('.') else {
        return "";
    };
    if stem.is_empty() {
        return "";
    }
    let compressed = matches!(
        last.to_ascii_lowercase().as_str(),
        "gz" | "bz2" | "xz" | "zst"
    );
    match stem.rsplit_once('.') {
        Some((before, inner)) if compressed && !before.is_empty() && !inner.is_empty() => {
            served_name.get(before.len() + 1..).unwrap_or(last)
        }
        _ => last,
    }
}

/// Which of the paths of one item cannot stand beside another one: a disk
/// that ignores case would merge them, or one would be a folder and a file at
/// once. Gives the index of the path refused and that of the one it meets.
#[must_use]
pub fn conflicts(paths: &[RelativePath]) -> Vec<(usize, usize)> {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (index, path) in paths.iter().enumerate() {
        owners.entry(path.case_folded()).or_insert(index);
    }
    let mut refused = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let folded = path.case_folded();
        let mut met = owners.get(&folded).copied().filter(|owner| *owner != index);
        let mut end = 0;
        while met.is_none()
            && let Some(slash) = folded.get(end..).and_then(|rest| rest.find('/'))
        {
            end += slash;
            met = folded
                .get(..end)
                .and_then(|folder| owners.get(folder))
                .copied();
            end += 1;
        }
        if let Some(owner) = met {
            // Which of the two came first is an accident of the listing, so
            // neither is written.
            refused.push((index, owner));
            refused.push((owner, index));
        }
    }
    refused.sort_unstable();
    refused.dedup_by_key(|pair| pair.0);
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: Uuid = Uuid::from_u128(1);
    const IMAGE: Uuid = Uuid::from_u128(2);

    fn place(layout: Layout, relative_path: &str) -> ImagePlace<'_> {
        ImagePlace::Socket {
            item: ITEM,
            slug: "generic-medical-image",
            relative_path,
            layout,
        }
    }

    fn names(place: ImagePlace<'_>, served: &[&str]) -> Vec<String> {
        let files: Vec<_> = served
            .iter()
            .zip(10..)
            .map(|(name, pk)| (Uuid::from_u128(pk), (*name).to_owned()))
            .collect();
        image_file_paths(place, IMAGE, &files)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn images_lie_in_the_folder_of_their_socket() {
        assert_eq!(
            names(place(Layout::Container, "images/ct"), &["x.mha"]),
            [format!("{ITEM}/images/ct/{IMAGE}.mha")],
        );
        assert_eq!(
            names(place(Layout::Container, ""), &["x.nii.gz"]),
            [format!("{ITEM}/{IMAGE}.nii.gz")],
        );
    }

    #[test]
    fn the_flat_layout_puts_the_suffix_behind_the_path() {
        assert_eq!(
            names(place(Layout::Flat, "images/ct"), &["x.mhd", "x.zraw"]),
            [
                format!("{ITEM}/images/ct.mhd"),
                format!("{ITEM}/images/ct.zraw")
            ],
        );
        assert_eq!(
            names(place(Layout::Flat, ""), &["x.mha"]),
            [format!("{ITEM}/generic-medical-image.mha")],
        );
    }

    #[test]
    fn files_of_one_suffix_all_carry_their_pk() {
        let pk = |number: u128| Uuid::from_u128(number);
        assert_eq!(
            names(ImagePlace::Root, &["a.mha", "b.MHA", "c.tif", "d"]),
            [
                format!("{IMAGE}-{}.mha", pk(10)),
                format!("{IMAGE}-{}.MHA", pk(11)),
                format!("{IMAGE}.tif"),
                format!("{IMAGE}"),
            ],
        );
    }

    #[test]
    fn the_whole_suffix_is_kept() {
        for (name, expected) in [
            ("a.mha", "mha"),
            ("a.b.mha", "mha"),
            ("a.nii.gz", "nii.gz"),
            ("a.gz", "gz"),
            (".mha", ""),
            (".nii.gz", "gz"),
            ("a", ""),
            ("a.", ""),
        ] {
            assert_eq!(suffix(name), expected, "{name}");
        }
    }

    #[test]
    fn unsafe_names_are_refused() {
        let nameless = ImagePlace::Socket {
            item: ITEM,
            slug: "",
            relative_path: "",
            layout: Layout::Flat,
        };
        assert!(image_file_paths(nameless, IMAGE, &[(ITEM, "a.mha".into())]).is_err());
        assert!(value_path(ITEM, "../x.json").is_err());
        assert!(value_path(ITEM, "").is_err());
        assert!(
            image_file_paths(
                place(Layout::Flat, "/etc"),
                IMAGE,
                &[(ITEM, "a.mha".into())]
            )
            .is_err()
        );
        assert!(
            image_file_paths(ImagePlace::Root, IMAGE, &[(ITEM, "a.m/../../ha".into())]).is_err()
        );
        let folder = dicom_folder(place(Layout::Container, "images/ct"), IMAGE).unwrap();
        assert!(dicom_instance_path(&folder, "../1.2").is_err());
        assert_eq!(
            dicom_instance_path(&folder, "1.2.3").unwrap().as_str(),
            format!("{ITEM}/images/ct/1.2.3.dcm"),
        );
    }

    #[test]
    fn paths_that_cannot_stand_together_are_both_refused() {
        let paths = |names: &[&str]| -> Vec<RelativePath> {
            names
                .iter()
                .map(|name| RelativePath::parse(name).unwrap())
                .collect()
        };
        assert_eq!(
            conflicts(&paths(&["i/a.json", "i/b.json", "i/images/c"])),
            []
        );
        assert_eq!(
            conflicts(&paths(&["i/A.json", "i/b", "i/a.json"])),
            [(0, 2), (2, 0)]
        );
        assert_eq!(conflicts(&paths(&["i/a", "i/a/b.json"])), [(0, 1), (1, 0)]);
    }
}

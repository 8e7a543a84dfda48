//! Where each file of the archive lies: the layout of a download.

use gcapi_archive::layout::{
    ImagePlace, Layout, dicom_folder, dicom_instance_path, image_file_paths, value_path,
};
use gcapi_archive::{PathRefused, RelativePath};
use uuid::Uuid;

use crate::description::{Description, Image, Item, Socket};

/// The value of a socket of an item, with what it refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The item.
    pub(crate) item: &'a Item,
    /// The socket.
    pub(crate) socket: &'a Socket,
}

impl Place<'_> {
    /// The path of a Value or File.
    pub(crate) fn value(self) -> Result<RelativePath, PathRefused> {
        value_path(self.item.pk, self.socket.relative_path)
    }

    /// The paths of the files of an image, in their order.
    pub(crate) fn image_files(self, image: &Image) -> Result<Vec<RelativePath>, PathRefused> {
        let files: Vec<(Uuid, String)> = image
            .files()
            .into_iter()
            .map(|file| (file.pk, file.name))
            .collect();
        image_file_paths(self.image(), image.pk, &files)
    }

    /// The folder of a DICOM image set.
    pub(crate) fn dicom_folder(self, image: &Image) -> Result<RelativePath, PathRefused> {
        dicom_folder(self.image(), image.pk)
    }

    /// The path of one instance of a DICOM image set.
    pub(crate) fn instance(self, image: &Image, uid: &str) -> Result<RelativePath, PathRefused> {
        dicom_instance_path(&self.dicom_folder(image)?, uid)
    }

    fn image(&self) -> ImagePlace<'_> {
        ImagePlace::Socket {
            item: self.item.pk,
            slug: self.socket.slug,
            relative_path: self.socket.relative_path,
            layout: Layout::Container,
        }
    }
}

/// Every value of every item with its place.
pub(crate) fn places(
    description: &Description,
) -> impl Iterator<Item = (Place<'_>, &crate::description::SocketValue)> {
    description.items.iter().flat_map(move |item| {
        item.values.iter().filter_map(move |value| {
            let socket = description.socket(value.socket)?;
            Some((Place { item, socket }, value))
        })
    })
}

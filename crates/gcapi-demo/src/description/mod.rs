//! What is in the archive, as plain values: which sockets, items and images
//! there are and what the API says of them. Nothing here knows the disk or
//! the catalogue.

mod files;
mod gallery;
mod identifiers;
mod images;
mod items;
mod sockets;

pub use identifiers::{ARCHIVE_PK, BASE_URL, SLUG, TITLE, archive_record};
pub use images::{Image, ImageFile, ImageKey, Imaging, Source};
pub use items::{Content, Item, SocketValue};
pub use sockets::{Socket, SuperKind};

/// The whole archive.
#[derive(Debug, Clone)]
pub struct Description {
    /// The sockets, by primary key.
    pub sockets: Vec<Socket>,
    /// The items in the order of their numbers.
    pub items: Vec<Item>,
    /// The images, each once, with their pixels.
    pub images: Vec<Image>,
}

impl Description {
    /// Draws the images and writes the files. Only the encoding of the images
    /// is left to do.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sockets: sockets::all(),
            items: items::all(),
            images: gallery::all(),
        }
    }

    /// The socket of this slug.
    #[must_use]
    pub fn socket(&self, slug: &str) -> Option<&Socket> {
        self.sockets.iter().find(|socket| socket.slug == slug)
    }

    /// The image of this key.
    #[must_use]
    pub fn image(&self, key: ImageKey) -> Option<&Image> {
        self.images.iter().find(|image| image.key == key)
    }
}

impl Default for Description {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

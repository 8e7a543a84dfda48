//! Small archives made by hand, one socket value at a time.
//!
//! What a download must refuse cannot lie in a folder: a test puts it into the
//! pages of the listing with [`Interference::json`](crate::Interference::json).

mod records;
mod socket_value;

use std::collections::BTreeMap;
use std::path::Path;

use gcapi_archive::{ArchiveFolder, Catalogue, Error};
use uuid::Uuid;

use socket_value::SocketValue;

/// An archive to be written to disk as if it had been downloaded. Items are
/// known by their titles, sockets by their slugs; both come to be when they
/// are first named, and keep that order.
#[derive(Clone, Debug)]
pub struct ArchiveBuilder {
    slug: String,
    items: Vec<String>,
    sockets: Vec<Socket>,
    /// Paths of sockets that were given, by slug.
    paths: BTreeMap<String, String>,
    held: Vec<Held>,
}

#[derive(Clone, Debug)]
struct Socket {
    slug: String,
    super_kind: &'static str,
    kind: &'static str,
    relative_path: String,
}

/// What one socket of one item holds.
#[derive(Clone, Debug)]
struct Held {
    item: usize,
    socket: usize,
    content: Holding,
}

#[derive(Clone, Debug)]
enum Holding {
    Value(String),
    File(Vec<u8>),
    /// Names as served, and bytes.
    Image(Vec<(String, Vec<u8>)>),
    /// SOP instance UIDs, and bytes.
    Dicom(Vec<(String, Vec<u8>)>),
}

impl ArchiveBuilder {
    /// An archive without items.
    #[must_use]
    pub fn new(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            items: Vec::new(),
            sockets: Vec::new(),
            paths: BTreeMap::new(),
            held: Vec::new(),
        }
    }

    /// An item, which may stay without values.
    #[must_use]
    pub fn item(mut self, title: &str) -> Self {
        self.item_index(title);
        self
    }

    /// Where the values of a socket lie below their items. To be called before
    /// the socket is used; else it is `<slug>.json`, `<slug>.zip` or
    /// `images/<slug>`.
    #[must_use]
    pub fn at(mut self, socket: &str, relative_path: &str) -> Self {
        self.paths
            .insert(socket.to_owned(), relative_path.to_owned());
        self
    }

    /// A Value, as JSON text with the digits and spaces it is to have.
    #[must_use]
    pub fn value(self, item: &str, socket: &str, json: &str) -> Self {
        self.hold(item, socket, Holding::Value(json.to_owned()))
    }

    /// A File.
    #[must_use]
    pub fn file(self, item: &str, socket: &str, bytes: &[u8]) -> Self {
        self.hold(item, socket, Holding::File(bytes.to_vec()))
    }

    /// An image of files with these names, as they are in media URLs.
    #[must_use]
    pub fn image(self, item: &str, socket: &str, files: &[(&str, &[u8])]) -> Self {
        self.hold(item, socket, Holding::Image(owned(files)))
    }

    /// A DICOM image set of instances with these SOP instance UIDs.
    #[must_use]
    pub fn dicom(self, item: &str, socket: &str, instances: &[(&str, &[u8])]) -> Self {
        self.hold(item, socket, Holding::Dicom(owned(instances)))
    }

    fn item_index(&mut self, title: &str) -> usize {
        position_or_push(&mut self.items, |known| known == title, || title.to_owned())
    }

    fn hold(mut self, item: &str, slug: &str, content: Holding) -> Self {
        let (super_kind, kind, relative_path) = match &content {
            Holding::Value(_) => ("Value", "Anything", format!("{slug}.json")),
            Holding::File(_) => ("File", "ZIP file", format!("{slug}.zip")),
            Holding::Image(_) => ("Image", "Image", format!("images/{slug}")),
            Holding::Dicom(_) => ("Image", "DICOM Image Set", format!("images/{slug}")),
        };
        let item = self.item_index(item);
        let paths = &self.paths;
        let socket = position_or_push(
            &mut self.sockets,
            |known| known.slug == slug,
            || Socket {
                slug: slug.to_owned(),
                super_kind,
                kind,
                relative_path: paths.get(slug).cloned().unwrap_or(relative_path),
            },
        );
        self.held.push(Held {
            item,
            socket,
            content,
        });
        self
    }

    /// Writes it into a new folder, the same bytes every time.
    ///
    /// # Errors
    /// What the disk says, and [`Error::Path`] for a socket whose path is
    /// unsafe.
    pub fn build(&self, root: &Path) -> Result<(), Error> {
        let folder = ArchiveFolder::create(root, false)?;
        let mut catalogue = Catalogue::create(&folder)?;
        let archive = pk(&self.slug, "archive", 0);
        catalogue.claim(&records::archive(archive, &self.slug), &records::settings())?;
        let sockets: Vec<_> = (1..)
            .zip(&self.sockets)
            .map(|(pk, socket)| records::socket(pk, socket))
            .collect();
        catalogue.put_sockets(&sockets)?;
        let listing = catalogue.start_listing(0)?;
        let mut items: Vec<_> = self
            .items
            .iter()
            .map(|title| records::item(archive, item_pk(&self.slug, title), title))
            .collect();
        let (mut images, mut files) = (Vec::new(), Vec::new());
        for (value, held) in (1..).zip(&self.held) {
            let (Some(item), Some(socket), Some(record)) = (
                items.get_mut(held.item),
                self.sockets.get(held.socket),
                sockets.get(held.socket),
            ) else {
                continue;
            };
            let mut one = SocketValue {
                folder: &folder,
                item: item.pk,
                socket,
                socket_pk: record.pk,
                value,
                image: pk(&self.slug, "image", value),
                files: &mut files,
            };
            let (value, image) = one.write(&held.content)?;
            item.values.push(value);
            images.extend(image);
        }
        catalogue.put_items(listing, &items)?;
        catalogue.put_images(listing, &images)?;
        catalogue.put_files(&files)?;
        catalogue.finish_listing(listing, 0)
    }
}

/// The pk of an item of an archive, which names its folder.
#[must_use]
pub fn item_pk(slug: &str, title: &str) -> Uuid {
    pk(slug, title, 0)
}

fn owned(files: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
        .collect()
}

fn position_or_push<T>(
    all: &mut Vec<T>,
    is_it: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> usize {
    all.iter().position(is_it).unwrap_or_else(|| {
        all.push(make());
        all.len() - 1
    })
}

fn pk(archive: &str, what: &str, number: i64) -> Uuid {
    let name = format!("{archive}/{what}/{number}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

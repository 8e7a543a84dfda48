//! Which columns a table has: known once every value was seen.

use std::collections::{BTreeMap, HashMap};

use arrow_schema::{DataType, Field, Schema};
use gcapi_archive::{Catalogue, Error, SocketRecord};

use super::PAGE;
use super::values::{Kind, flattened};

/// Names that the objects of a socket may have together to become columns. Objects whose names are
/// data themselves, such as keys of cases, stay JSON.
const MOST_NAMES: usize = 256;

/// What a column says of an item. Names do not tell: a slug may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Which item it is: `item` and `title`.
    Item,
    /// `path`.
    Path,
    /// `shape`, as JSON.
    Shape,
    /// A value, a size in bytes, or what else the platform knows of an image.
    Fact,
}

/// The columns of images, after `path` and `size`; `shape` is JSON.
pub(super) const OF_IMAGES: [(&str, DataType); 6] = [
    ("shape", DataType::Utf8),
    ("voxel_width_mm", DataType::Float64),
    ("voxel_height_mm", DataType::Float64),
    ("voxel_depth_mm", DataType::Float64),
    ("color_space", DataType::Utf8),
    ("modality", DataType::Utf8),
];

/// What the values of a socket are, over all items.
#[derive(Debug, Default)]
pub(super) struct SocketColumns {
    pub(super) is_value: bool,
    pub(super) is_image: bool,
    pub(super) kind: Kind,
    /// Of the values in objects, by their dotted names.
    pub(super) flattened: BTreeMap<String, Kind>,
    /// There are too many names.
    has_open_names: bool,
}

/// The columns of a table.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// By slug, in the order of the table.
    pub(super) sockets: BTreeMap<String, SocketColumns>,
    /// Slug and super kind of every socket, by pk.
    pub(super) known: HashMap<i64, SocketRecord>,
}

impl Columns {
    /// Walks through all items.
    pub(super) fn find(catalogue: &Catalogue) -> Result<Self, Error> {
        let mut columns = Self::default();
        for socket in catalogue.sockets(0, u64::MAX >> 1)? {
            columns.known.insert(socket.pk, socket);
        }
        let mut after = None;
        loop {
            let items = catalogue.items_after(after, PAGE)?;
            let Some(last) = items.last() else { break };
            after = Some(last.pk);
            for value in items.iter().flat_map(|item| &item.values) {
                let Some(socket) = columns.known.get(&value.socket) else {
                    continue;
                };
                let is = |kind: &str| socket.super_kind.eq_ignore_ascii_case(kind);
                if !columns.sockets.contains_key(&socket.slug) {
                    let new = SocketColumns {
                        is_value: is("value"),
                        is_image: is("image"),
                        ..SocketColumns::default()
                    };
                    columns.sockets.insert(socket.slug.clone(), new);
                }
                if let (Some(json), Some(of_socket)) =
                    (&value.value, columns.sockets.get_mut(&socket.slug))
                {
                    of_socket.observe(json);
                }
            }
        }
        Ok(columns)
    }

    pub(super) fn schema(&self) -> (Schema, Vec<Role>) {
        let mut fields = vec![
            Field::new("item", DataType::Utf8, false),
            Field::new("title", DataType::Utf8, false),
        ];
        let mut roles = vec![Role::Item; fields.len()];
        for (slug, socket) in &self.sockets {
            let mut add = |what: &str, data_type: DataType, role: Role| {
                fields.push(Field::new(format!("{slug}.{what}"), data_type, true));
                roles.push(role);
            };
            if socket.is_value {
                add("value", socket.kind.data_type(), Role::Fact);
                for (name, kind) in &socket.flattened {
                    add(&format!("value.{name}"), kind.data_type(), Role::Fact);
                }
            }
            add("path", DataType::Utf8, Role::Path);
            add("size", DataType::UInt64, Role::Fact);
            if socket.is_image {
                for (name, data_type) in OF_IMAGES {
                    let is_shape = name == "shape";
                    add(
                        name,
                        data_type,
                        if is_shape { Role::Shape } else { Role::Fact },
                    );
                }
            }
        }
        (Schema::new(fields), roles)
    }
}

impl SocketColumns {
    fn observe(&mut self, json: &str) {
        self.kind.observe(json);
        if self.has_open_names {
            return;
        }
        for (name, value) in flattened(json).unwrap_or_default() {
            self.flattened.entry(name).or_default().observe(&value);
        }
        if self.flattened.len() > MOST_NAMES {
            self.has_open_names = true;
            self.flattened.clear();
        }
    }
}

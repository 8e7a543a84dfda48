//! One socket value: its files on disk, and what the API says of it.

use gcapi_archive::layout::{self, ImagePlace, Layout};
use gcapi_archive::{
    ArchiveFolder, Content, Error, FileOrigin, FileRecord, ImageFileRecord, ImageRecord,
    RelativePath, ValueRecord, indented,
};
use uuid::Uuid;

use super::records::{self, ORIGIN};
use super::{Holding, Socket, pk};

/// One socket value while it is written.
pub(super) struct SocketValue<'a> {
    pub(super) folder: &'a ArchiveFolder,
    pub(super) item: Uuid,
    pub(super) socket: &'a Socket,
    pub(super) socket_pk: i64,
    /// Primary key.
    pub(super) value: i64,
    /// The pk its image gets, if it has one.
    pub(super) image: Uuid,
    /// The rows of all files so far.
    pub(super) files: &'a mut Vec<FileRecord>,
}

impl SocketValue<'_> {
    /// Writes what it holds and gives what the API says of it.
    pub(super) fn write(
        &mut self,
        content: &Holding,
    ) -> Result<(ValueRecord, Option<ImageRecord>), Error> {
        let mut value = ValueRecord {
            pk: self.value,
            socket: self.socket_pk,
            value: None,
            file: None,
            image: None,
        };
        let image = match content {
            Holding::Value(json) => {
                let path = layout::value_path(self.item, &self.socket.relative_path)?;
                self.put(path, indented(json).as_bytes(), FileOrigin::Value)?;
                value.value = Some(json.clone());
                None
            }
            Holding::File(bytes) => {
                let path = layout::value_path(self.item, &self.socket.relative_path)?;
                value.file = Some(format!(
                    "{ORIGIN}/media/components/componentinterfacevalue/00/00/{}/{}",
                    self.value,
                    path.name().unwrap_or_default(),
                ));
                self.put(path, bytes, FileOrigin::File)?;
                None
            }
            Holding::Image(files) => Some(self.image(files)?),
            Holding::Dicom(instances) => Some(self.dicom(instances)?),
        };
        value.image = image.as_ref().map(|image| image.pk);
        Ok((value, image))
    }

    fn image(&mut self, files: &[(String, Vec<u8>)]) -> Result<ImageRecord, Error> {
        let image = self.image;
        let pks = (1..).map(|number| pk(&image.to_string(), "file", number));
        let served: Vec<_> = pks
            .zip(files)
            .map(|(pk, (name, _))| (pk, name.clone()))
            .collect();
        let paths = layout::image_file_paths(self.place(), image, &served)?;
        let mut served_files = Vec::new();
        for ((path, (image_file, name)), (_, bytes)) in paths.into_iter().zip(served).zip(files) {
            self.put(path, bytes, FileOrigin::ImageFile { image, image_file })?;
            let image_type = if name.contains(".tif") { "TIFF" } else { "MHD" };
            served_files.push(ImageFileRecord {
                pk: image_file,
                image_type: Some(image_type.to_owned()),
                url: format!("{ORIGIN}/media/images/{image}/{image_file}/{name}"),
            });
        }
        Ok(records::image(
            image,
            &self.image_name(),
            served_files,
            None,
        ))
    }

    fn dicom(&mut self, instances: &[(String, Vec<u8>)]) -> Result<ImageRecord, Error> {
        let image = self.image;
        let folder = layout::dicom_folder(self.place(), image)?;
        for (sop_instance_uid, bytes) in instances {
            let path = layout::dicom_instance_path(&folder, sop_instance_uid)?;
            let origin = FileOrigin::DicomInstance {
                image,
                sop_instance_uid: sop_instance_uid.clone(),
            };
            self.put(path, bytes, origin)?;
        }
        let image_set_id = Some(image.simple().to_string());
        Ok(records::image(
            image,
            &self.image_name(),
            Vec::new(),
            image_set_id,
        ))
    }

    fn image_name(&self) -> String {
        format!("{} {}", self.socket.slug, self.value)
    }

    fn place(&self) -> ImagePlace<'_> {
        ImagePlace::Socket {
            item: self.item,
            slug: &self.socket.slug,
            relative_path: &self.socket.relative_path,
            layout: Layout::Container,
        }
    }

    /// Writes one file under its final name and keeps its row.
    fn put(&mut self, path: RelativePath, bytes: &[u8], origin: FileOrigin) -> Result<(), Error> {
        let part = self.folder.part_path(&path);
        std::fs::write(&part, bytes).map_err(|source| Error::writing(&part, source))?;
        let on_disk = self.folder.publish(&part, &path)?;
        self.files.push(FileRecord {
            path,
            origin,
            item: Some(self.item),
            socket: Some(self.socket_pk),
            value: Some(self.value),
            written: Content::of(bytes),
            served: Content::of(bytes),
            etag: None,
            modified_ns: on_disk.modified_ns,
            fetched_at: 0,
        });
        Ok(())
    }
}

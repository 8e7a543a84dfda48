//! The type of a file, guessed by its name as the platform does on saving.

/// The `Content-Type` for a name.
pub(crate) fn of(name: &str) -> &'static str {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    match suffix.to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "tif" | "tiff" => "image/tiff",
        "mp4" => "video/mp4",
        "dcm" => "application/dicom",
        _ => "application/octet-stream",
    }
}

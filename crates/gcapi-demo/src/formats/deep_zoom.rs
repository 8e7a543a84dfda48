//! Deep Zoom: a small XML file that says how a slide is cut into tiles.
//!
//! The platform lists such a file beside the TIFF of every slide; the tiles it
//! speaks of are made from the TIFF and are no files of the archive. Format:
//! <https://learn.microsoft.com/previous-versions/windows/silverlight/dotnet-windows-silverlight/cc645077(v=vs.95)>.

use crate::raster::Picture;

/// The `.dzi` file of a picture.
#[must_use]
pub fn description(picture: &Picture) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\"\n  \
         Format=\"jpeg\"\n  Overlap=\"1\"\n  TileSize=\"254\"\n  >\n  \
         <Size \n    Height=\"{}\"\n    Width=\"{}\"\n  />\n</Image>\n",
        picture.height, picture.width
    )
    .into_bytes()
}

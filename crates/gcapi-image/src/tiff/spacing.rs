//! How large a pixel is: the resolution tags, or what scanners write into the description.

use tiff::decoder::IfdDecoder;
use tiff::decoder::ifd::Value;
use tiff::tags::Tag;

/// Millimetres along x, y and z, where they are known.
///
/// The OME-XML and Aperio descriptions come first, because the resolution tags beside them are
/// often left at a default.
pub(crate) fn read(tags: &mut IfdDecoder<'_>) -> [Option<f64>; 3] {
    let description = tags
        .find_tag(Tag::ImageDescription)
        .ok()
        .flatten()
        .and_then(|value| value.into_string().ok())
        .unwrap_or_default();
    let described = described(&description);
    let unit = match tags.find_tag_unsigned::<u16>(Tag::ResolutionUnit) {
        Ok(None | Some(2)) => Some(25.4),
        Ok(Some(3)) => Some(10.0),
        // Without a unit it is only the shape of a pixel that is known.
        _ => None,
    };
    let mut resolution = |tag: Tag| {
        let per_unit = ratio(tags.find_tag(tag).ok()??)?;
        unit.map(|unit| unit / per_unit).filter(|mm| usable(*mm))
    };
    let tagged = [
        resolution(Tag::XResolution),
        resolution(Tag::YResolution),
        None,
    ];
    let [x, y, z] = described;
    let [tagged_x, tagged_y, _] = tagged;
    [x.or(tagged_x), y.or(tagged_y), z]
}

fn ratio(value: Value) -> Option<f64> {
    let (numerator, denominator) = match value {
        Value::Rational(numerator, denominator) => (f64::from(numerator), f64::from(denominator)),
        other => (other.into_f64().ok()?, 1.0),
    };
    Some(numerator / denominator)
}

fn usable(millimetres: f64) -> bool {
    millimetres.is_finite() && millimetres > 0.0
}

fn described(description: &str) -> [Option<f64>; 3] {
    if description.contains("<OME") {
        return ["X", "Y", "Z"].map(|axis| ome(description, axis));
    }
    if description.starts_with("Aperio") {
        let microns = description
            .split('|')
            .filter_map(|field| field.split_once('='))
            .find(|(name, _)| name.trim() == "MPP")
            .and_then(|(_, value)| value.trim().parse::<f64>().ok());
        let spacing = microns
            .map(|microns| microns / 1000.0)
            .filter(|mm| usable(*mm));
        return [spacing, spacing, None];
    }
    [None; 3]
}

/// `PhysicalSizeX` of OME-XML, in the unit that it names, or micrometres.
fn ome(description: &str, axis: &str) -> Option<f64> {
    let size: f64 = attribute(description, &format!("PhysicalSize{axis}"))?
        .parse()
        .ok()?;
    let millimetres = match attribute(description, &format!("PhysicalSize{axis}Unit")) {
        None | Some("µm" | "μm" | "um" | "&#181;m" | "&#xB5;m") => 1e-3,
        Some("nm") => 1e-6,
        Some("mm") => 1.0,
        Some("cm") => 10.0,
        Some(_) => return None,
    };
    Some(size * millimetres).filter(|mm| usable(*mm))
}

fn attribute<'a>(description: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = description.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_describe_the_size_of_a_pixel() {
        let aperio = "Aperio Image Library v11\n100x100 |AppMag = 20|MPP = 0.5|Left = 3";
        assert_eq!(described(aperio), [Some(0.0005), Some(0.0005), None]);
        let ome = "<OME><Pixels PhysicalSizeX=\"250\" PhysicalSizeXUnit=\"nm\" \
            PhysicalSizeY=\"0.5\" PhysicalSizeZ=\"0\"/></OME>";
        assert_eq!(described(ome), [Some(0.00025), Some(0.0005), None]);
        assert_eq!(described("PhysicalSizeX=\"250\""), [None; 3]);
    }
}

//! What the platform says of an image.

use serde_json::Value;

/// Facts of the record of an image. What the platform left out, or gave in another form than
/// documented, is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageFacts {
    /// Samples along each axis, slowest first, the axis of colour last.
    pub shape: Vec<u64>,
    /// Samples along each axis, slowest first.
    pub shape_without_color: Vec<u64>,
    /// Samples in a row.
    pub width: Option<u64>,
    /// Rows.
    pub height: Option<u64>,
    /// Slices.
    pub depth: Option<u64>,
    /// `GRAY`, `RGB`, `RGBA` or `YCBCR`.
    pub color_space: Option<String>,
    /// How it was taken, such as `CT`.
    pub modality: Option<String>,
    /// Distance of samples along x, y and z in millimetres.
    pub spacing: [Option<f64>; 3],
}

impl ImageFacts {
    /// Reads the JSON object that the API gave for an image.
    #[must_use]
    pub fn parse(record: &str) -> Self {
        let record: Value = serde_json::from_str(record).unwrap_or_default();
        let number = |name: &str| record.get(name).and_then(Value::as_u64);
        let length = |name: &str| record.get(name).and_then(Value::as_f64);
        let shape = |name: &str| {
            let axes = record.get(name).and_then(Value::as_array);
            axes.and_then(|axes| axes.iter().map(Value::as_u64).collect())
                .unwrap_or_default()
        };
        let text = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            shape: shape("shape"),
            shape_without_color: shape("shape_without_color"),
            width: number("width"),
            height: number("height"),
            depth: number("depth"),
            color_space: text(record.get("color_space")),
            modality: text(record.pointer("/modality/modality")),
            spacing: ["voxel_width_mm", "voxel_height_mm", "voxel_depth_mm"].map(length),
        }
    }

    /// Samples along each axis, x first, as far as the platform says.
    #[must_use]
    pub fn size(&self) -> Vec<u64> {
        if self.shape_without_color.is_empty() {
            [self.width, self.height, self.depth]
                .into_iter()
                .map_while(|size| size)
                .collect()
        } else {
            self.shape_without_color.iter().rev().copied().collect()
        }
    }

    /// Samples at each place.
    #[must_use]
    pub fn channels(&self) -> Option<u64> {
        if !self.shape_without_color.is_empty()
            && self.shape.len() == self.shape_without_color.len() + 1
        {
            return self.shape.last().copied();
        }
        match self.color_space.as_deref()? {
            "GRAY" => Some(1),
            "RGB" | "YCBCR" => Some(3),
            "RGBA" => Some(4),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_and_what_is_odd_in_it_is_not_known() {
        let facts = ImageFacts::parse(
            r#"{"shape":[5,4,3,3],"shape_without_color":[5,4,3],"color_space":"","width":3,
                "modality":{"modality":"CT"},"voxel_width_mm":0.5,"voxel_depth_mm":null,"depth":"x"}"#,
        );
        assert_eq!((facts.size(), facts.channels()), (vec![3, 4, 5], Some(3)));
        assert_eq!(facts.modality.as_deref(), Some("CT"));
        assert_eq!(facts.spacing, [Some(0.5), None, None]);
        assert_eq!((facts.color_space, facts.depth), (None, None));
        let older = ImageFacts::parse(r#"{"width":3,"height":4,"depth":null,"color_space":"RGB"}"#);
        assert_eq!((older.size(), older.channels()), (vec![3, 4], Some(3)));
        assert_eq!(ImageFacts::parse("no"), ImageFacts::default());
    }
}

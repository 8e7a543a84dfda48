//! PNG and JPEG: photographs, slides in one piece, masks.

use std::io::{BufReader, Read as _};

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::{Error, Problem};
use crate::files::{FilePath, OpenFile};
use crate::guard::guarded;
use crate::header::{Format, Header};
use crate::image::{Image, Reader};
use crate::jpeg::{Process, frame_header};
use crate::limits::Limits;
use crate::samples::{ByteOrder, Element, Samples};

/// Opens a picture. Palettes and bits below a byte become bytes; transparency is a channel.
pub(crate) fn open(path: &FilePath, limits: &Limits, format: Format) -> Result<Image, Error> {
    let reader = PictureFile { path: path.clone() };
    let header = guarded("pictures", || match format {
        Format::Png => png_header(&png(path, limits)?),
        _ => jpeg(path, limits).and_then(|mut decoder| jpeg_header(&mut decoder)),
    });
    header
        .map(|header| Image::new(path, limits, header, reader))
        .map_err(|problem| problem.at(path))
}

struct PictureFile {
    path: FilePath,
}

impl Reader for PictureFile {
    fn samples(&self, header: &Header, limits: &Limits) -> Result<Samples, Error> {
        guarded("pictures", || {
            let mut samples = Samples::zeros(header.element, header.count())?;
            let again = match header.format {
                Format::Png => {
                    let mut reader = png(&self.path, limits)?;
                    let again = png_header(&reader)?;
                    if again == *header {
                        reader
                            .next_frame(samples.as_bytes_mut())
                            .map_err(png_problem)?;
                        reader.finish().map_err(png_problem)?;
                        ByteOrder::Big.to_native(&mut samples);
                    }
                    again
                }
                _ => {
                    let mut decoder = jpeg(&self.path, limits)?;
                    let again = jpeg_header(&mut decoder)?;
                    if again == *header {
                        decoder
                            .decode_into(samples.as_bytes_mut())
                            .map_err(|error| Problem::malformed(error.to_string()))?;
                    }
                    again
                }
            };
            if again != *header {
                return Err(Problem::malformed("it changed since it was opened"));
            }
            Ok(samples)
        })
        .map_err(|problem| problem.at(&self.path))
    }

    fn slice(&self, header: &Header, limits: &Limits, _index: u64) -> Result<Samples, Error> {
        self.samples(header, limits)
    }

    /// There is no decoding these formats in parts: it takes the memory of the picture.
    fn check(&self, header: &Header, limits: &Limits) -> Result<u64, Error> {
        limits
            .samples(header.bytes())
            .map_err(|problem| problem.at(&self.path))?;
        self.samples(header, limits)?;
        Ok(header.bytes())
    }
}

fn png(path: &FilePath, limits: &Limits) -> Result<png::Reader<BufReader<OpenFile>>, Problem> {
    let bytes = usize::try_from(limits.sample_bytes).unwrap_or(usize::MAX);
    let file = BufReader::new(path.open()?);
    let mut decoder = png::Decoder::new_with_limits(file, png::Limits { bytes });
    decoder.set_transformations(png::Transformations::EXPAND);
    // Nobody asks for what is compressed in them, which may be anything.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(png_problem)
}

fn png_header(reader: &png::Reader<BufReader<OpenFile>>) -> Result<Header, Problem> {
    let (color, depth) = reader.output_color_type();
    let channels = match color {
        png::ColorType::Grayscale => 1,
        png::ColorType::GrayscaleAlpha => 2,
        png::ColorType::Rgb => 3,
        png::ColorType::Rgba => 4,
        png::ColorType::Indexed => return Err(Problem::unsupported("a palette")),
    };
    let element = match depth {
        png::BitDepth::Eight => Element::U8,
        png::BitDepth::Sixteen => Element::U16,
        other => return Err(Problem::unsupported(format!("samples of {other:?} bits"))),
    };
    let info = reader.info();
    let size = vec![u64::from(info.width), u64::from(info.height)];
    Header::new(Format::Png, element, channels, size)
}

fn png_problem(error: png::DecodingError) -> Problem {
    match error {
        png::DecodingError::IoError(error) if error.raw_os_error().is_some() => error.into(),
        png::DecodingError::LimitsExceeded => {
            Problem::unsupported("a picture that needs more memory than the limits allow")
        }
        other => Problem::malformed(other.to_string()),
    }
}

fn jpeg(path: &FilePath, limits: &Limits) -> Result<JpegDecoder<ZCursor<Vec<u8>>>, Problem> {
    let mut file = path.open()?;
    limits.samples(file.length())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // A picture that ends early is filled up with grey otherwise.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    // Some writers add a few bytes after the end.
    if !bytes
        .windows(2)
        .rev()
        .take(64)
        .any(|end| end == b"\xff\xd9")
    {
        return Err(Problem::malformed("a JPEG without its end"));
    }
    let header =
        frame_header(&bytes).ok_or_else(|| Problem::malformed("a JPEG without a frame"))?;
    header.is_decoded()?;
    if header.process != Process::Lossy {
        return Err(Problem::unsupported("a lossless JPEG"));
    }
    Ok(JpegDecoder::new_with_options(ZCursor::new(bytes), options))
}

fn jpeg_header(decoder: &mut JpegDecoder<ZCursor<Vec<u8>>>) -> Result<Header, Problem> {
    decoder
        .decode_headers()
        .map_err(|error| Problem::malformed(error.to_string()))?;
    let info = decoder
        .info()
        .ok_or_else(|| Problem::malformed("a JPEG without a size"))?;
    let (channels, colours) = match info.components {
        1 => (1, ColorSpace::Luma),
        3 => (3, ColorSpace::RGB),
        other => {
            return Err(Problem::unsupported(format!("a JPEG of {other} channels")));
        }
    };
    let options = decoder.options().jpeg_set_out_colorspace(colours);
    decoder.set_options(options);
    let size = vec![u64::from(info.width), u64::from(info.height)];
    Header::new(Format::Jpeg, Element::U8, channels, size)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::open as open_any;

    struct Folder(TempDir);

    impl Folder {
        fn samples(&self, bytes: &[u8]) -> Result<Samples, Error> {
            // The name says nothing: it is the content that counts.
            let path = self.0.path().join("picture");
            fs::write(&path, bytes).unwrap();
            let image = open_any(&path)?;
            let checked = image.check();
            let samples = image.samples()?;
            assert!(checked.is_ok());
            Ok(samples)
        }
    }

    fn png_of(color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 2);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == png::ColorType::Indexed {
            encoder.set_palette(vec![1, 2, 3, 4, 5, 6]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn png_is_read_in_its_kinds() {
        use png::{BitDepth, ColorType};
        let folder = Folder(TempDir::new().unwrap());
        let grey = png_of(
            ColorType::Grayscale,
            BitDepth::Sixteen,
            &[1, 2, 3, 4, 5, 6, 7, 8],
        );
        let expected = Samples::U16(vec![0x0102, 0x0304, 0x0506, 0x0708]);
        assert_eq!(folder.samples(&grey).unwrap(), expected);
        let palette = png_of(ColorType::Indexed, BitDepth::One, &[0x40, 0x80]);
        let expected = vec![1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3];
        assert_eq!(folder.samples(&palette).unwrap(), Samples::U8(expected));
        let alpha: Vec<u8> = (0..16).collect();
        let file = png_of(ColorType::Rgba, BitDepth::Eight, &alpha);
        assert_eq!(folder.samples(&file).unwrap(), Samples::U8(alpha));
    }

    #[test]
    fn truncated_pictures_are_refused() {
        let folder = Folder(TempDir::new().unwrap());
        let data: Vec<u8> = (0..16).collect();
        let png = png_of(png::ColorType::Rgba, png::BitDepth::Eight, &data);
        let jpeg = jpeg_of_noise();
        assert!(folder.samples(&jpeg).is_ok());
        for file in [png, jpeg] {
            for length in (0..file.len() - 1).step_by(7) {
                assert!(folder.samples(&file[..length]).is_err(), "{length}");
            }
        }
    }

    fn jpeg_of_noise() -> Vec<u8> {
        let pixels: Vec<u8> = (0..48 * 32 * 3_u32).map(|n| (n * n / 7) as u8).collect();
        let mut file = Vec::new();
        jpeg_encoder::Encoder::new(&mut file, 90)
            .encode(&pixels, 48, 32, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        file
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused() {
        let folder = Folder(TempDir::new().unwrap());
        let mut file = png_of(png::ColorType::Grayscale, png::BitDepth::Eight, &[0; 4]);
        file[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert!(folder.samples(&file).is_err());
    }
}

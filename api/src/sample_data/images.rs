//! Small pictures without a library for them.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::fmt::Write as _;
use std::io::Write as _;

/// Pixels of a cell on each side.
const CELL: usize = 24;

/// A square of numbers from 0 to 1, row by row, from white to indigo, as PNG.
pub(super) fn heat_map(values: &[f64], side: usize) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..side * CELL {
        // No filter.
        rows.push(0);
        for x in 0..side * CELL {
            let value = values.get(y / CELL * side + x / CELL).copied().unwrap_or_default();
            rows.extend([0x43, 0x40, 0xc4].map(|full| shade(full, value)));
        }
    }
    let pixels = u32::try_from(side * CELL).unwrap_or_default().to_be_bytes();
    let mut head = [pixels, pixels].concat();
    // Eight bits for each of red, green and blue.
    head.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", packed(&rows)), (b"IEND", Vec::new())] {
        png.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        let begin = png.len();
        png.extend(kind);
        png.extend(data);
        let mut crc = Crc::new();
        crc.update(&png[begin..]);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}

/// Bars with their names, as SVG.
pub(super) fn bars(title: &str, bars: &[(&str, f64)]) -> Vec<u8> {
    let largest = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let height = 40 + 24 * bars.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"480\" height=\"{height}\" fill=\"#fff\"/>\n<text x=\"12\" y=\"22\" font-size=\"14\">{title}</text>\n"
    );
    for (row, (name, value)) in bars.iter().enumerate() {
        let (y, width) = (36 + 24 * row, 300.0 * value / largest);
        // A text in memory takes whatever is written.
        let _written = writeln!(
            svg,
            "<text x=\"150\" y=\"{}\" text-anchor=\"end\">{name}</text><rect x=\"160\" y=\"{y}\" width=\"{width:.1}\" \
             height=\"16\" fill=\"#4340c4\"/>",
            y + 12
        );
    }
    svg += "</svg>\n";
    svg.into_bytes()
}

/// From white at 0 to the full colour at 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is between 0 and 255")]
fn shade(full: u8, value: f64) -> u8 {
    (255.0 - (255.0 - f64::from(full)) * value.clamp(0.0, 1.0)) as u8
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Memory takes whatever is written.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heat_map_is_a_png_of_its_size() {
        let png = heat_map(&[0.0, 1.0, 0.5, 0.25], 2);
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(png[16..24], [0, 0, 0, 48, 0, 0, 0, 48]);
        assert!(png.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}

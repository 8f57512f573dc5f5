//! `runledger-codecs`: how many bytes several codecs need for the values of real training curves, which `benches/curves/train.py` made.
//!
//! Each prints bytes per value; what is stored per point, with step and time, stands beside them. Everything is decoded again and
//! compared bit by bit.
#![expect(clippy::print_stdout, reason = "the table is the purpose of this program")]

use std::fs;
use std::path::Path;

use runledger_domain::points::{Columns, Point};

type Failure = Box<dyn std::error::Error>;

const CURVES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/curves");
/// Points that are encoded together: a batch of a training loop, and a segment that has grown.
const PIECES: [usize; 2] = [100, 1000];
/// As the server packs columns.
const PCO_LEVEL: usize = 4;
/// Values that the paper of ALP encodes together; positions of exceptions take two bytes in it.
const POSITION: usize = 2;

/// Encodes the values, checks that they come back, and returns the bytes that it took.
type Size = fn(&[f64]) -> Result<usize, Failure>;

const CODECS: [(&str, Size); 5] =
    [("pco", pco), ("ALP", alp), ("ALP-RD", alp_rd), ("zstd", zstd), ("zstd, planes", zstd_planes)];

fn main() -> Result<(), Failure> {
    let names: Vec<String> = CODECS.iter().map(|(name, _)| format!("{name:>12}")).collect();
    println!("{:<24} {:>6} {} {:>14}", "curve", "points", names.join(" "), "stored point");
    let mut files: Vec<_> =
        fs::read_dir(CURVES)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    for piece in PIECES {
        let mut sums = vec![0.0; CODECS.len() + 1];
        let mut curves = 0;
        for file in &files {
            for (name, points) in read(file)? {
                let sizes = measure(&points, piece)?;
                print_row(&name, piece, &sizes);
                sums.iter_mut().zip(&sizes).for_each(|(sum, size)| *sum += size);
                curves += 1;
            }
        }
        let means: Vec<f64> = sums.iter().map(|sum| sum / f64::from(curves)).collect();
        print_row("mean of the curves", piece, &means);
    }
    Ok(())
}

fn print_row(name: &str, piece: usize, sizes: &[f64]) {
    let (stored, values) = sizes.split_last().map_or((f64::NAN, sizes), |(stored, values)| (*stored, values));
    let values: Vec<String> = values.iter().map(|size| format!("{size:>12.2}")).collect();
    println!("{name:<24} {piece:>6} {} {stored:>14.2}", values.join(" "));
}

/// The metrics of one training, each with its points.
fn read(file: &Path) -> Result<Vec<(String, Vec<Point>)>, Failure> {
    let training = file.file_stem().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(file)?;
    let mut lines = text.lines();
    let names = lines.next().unwrap_or_default().split(',').skip(2);
    let mut metrics: Vec<_> = names.map(|name| (format!("{training}: {name}"), Vec::new())).collect();
    for line in lines {
        let mut fields = line.split(',');
        let mut next = || fields.next().ok_or("a line has too few fields");
        let (step, timestamp) = (next()?.parse()?, next()?.parse()?);
        for (_, points) in &mut metrics {
            points.push(Point { step, timestamp, value: next()?.parse()? });
        }
    }
    Ok(metrics)
}

/// Bytes per value with each codec, and per stored point.
fn measure(points: &[Point], piece: usize) -> Result<Vec<f64>, Failure> {
    let mut bytes = vec![0; CODECS.len() + 1];
    let mut count = 0;
    for points in points.chunks_exact(piece) {
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        for (sum, (_, size)) in bytes.iter_mut().zip(CODECS) {
            *sum += size(&values)?;
        }
        if let Some(stored) = bytes.last_mut() {
            *stored += points.iter().copied().collect::<Columns>().encode().len();
        }
        count += piece;
    }
    Ok(bytes.into_iter().map(|bytes| float(bytes) / float(count)).collect())
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn same(values: &[f64], back: &[f64], size: usize) -> Result<usize, Failure> {
    let equal =
        values.len() == back.len() && values.iter().zip(back).all(|(one, other)| one.to_bits() == other.to_bits());
    if equal { Ok(size) } else { Err("values did not come back as they were".into()) }
}

fn pco(values: &[f64]) -> Result<usize, Failure> {
    let config = ::pco::ChunkConfig::default().with_compression_level(PCO_LEVEL);
    let packed = ::pco::standalone::simple_compress(values, &config)?;
    same(values, &::pco::standalone::simple_decompress::<f64>(&packed)?, packed.len())
}

/// Integers less their least, each of as many bits as the greatest needs; exceptions as they are. The crate leaves the packing of
/// bits to others, so its bytes are counted.
fn alp(values: &[f64]) -> Result<usize, Failure> {
    let (exponents, encoded, positions, exceptions, _) = ::alp::encode(values, None);
    let mut back = ::alp::decode::<f64>(&encoded, exponents);
    for (position, exception) in positions.iter().zip(&exceptions) {
        back[usize::try_from(*position)?] = *exception;
    }
    let (min, max) = (encoded.iter().min().unwrap_or(&0), encoded.iter().max().unwrap_or(&0));
    let width = u64::BITS - max.wrapping_sub(*min).cast_unsigned().leading_zeros();
    let head = size_of::<i64>() + size_of_val(&exponents) + 1 + POSITION;
    let size = head + bits(width, values.len()) + positions.len() * (POSITION + size_of::<f64>());
    same(values, &back, size)
}

/// The front bits by a dictionary, the others as they are. Its bytes are counted, too.
fn alp_rd(values: &[f64]) -> Result<usize, Failure> {
    let encoder = ::alp::RDEncoder::new(values);
    let split = encoder.split(values);
    let exceptions = split.left_exceptions().len() * (POSITION + size_of::<u16>());
    let head = size_of_val(split.left_dict()) + 2 + POSITION;
    let (left, right) = (split.left_parts_bit_width().into(), split.right_parts_bit_width().into());
    let size = head + bits(left, values.len()) + bits(right, values.len()) + exceptions;
    same(values, &split.decode(), size)
}

/// Bytes of so many numbers of `width` bits.
fn bits(width: u32, count: usize) -> usize {
    (width as usize * count).div_ceil(8)
}

fn zstd(values: &[f64]) -> Result<usize, Failure> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let packed = ::zstd::bulk::compress(&bytes, ::zstd::DEFAULT_COMPRESSION_LEVEL)?;
    let back = ::zstd::bulk::decompress(&packed, bytes.len())?;
    let back: Vec<f64> = back.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    same(values, &back, packed.len())
}

/// All first bytes, then all second ones, and so on: those of the exponents are much alike.
fn zstd_planes(values: &[f64]) -> Result<usize, Failure> {
    let planes: Vec<u8> =
        (0..size_of::<f64>()).flat_map(|plane| values.iter().map(move |value| value.to_le_bytes()[plane])).collect();
    let packed = ::zstd::bulk::compress(&planes, ::zstd::DEFAULT_COMPRESSION_LEVEL)?;
    let planes = ::zstd::bulk::decompress(&packed, planes.len())?;
    let byte = |plane: usize, index: usize| planes[plane * values.len() + index];
    let back: Vec<f64> =
        (0..values.len()).map(|index| f64::from_le_bytes(std::array::from_fn(|plane| byte(plane, index)))).collect();
    same(values, &back, packed.len())
}

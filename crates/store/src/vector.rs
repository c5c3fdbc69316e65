//! How vectors are kept: as unit vectors, a signed byte per dimension and one factor. Cosines are off by less than a
//! hundredth, and four times as many fit into memory.

/// Packs a vector: its bytes, then the factor (`f32`, little endian) that makes them a unit vector. `None` when it is
/// empty or zero or holds what is no number.
pub fn pack(vector: &[f32]) -> Option<Vec<u8>> {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let largest = vector.iter().fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
    if !length.is_finite() || length <= 0.0 || largest <= 0.0 {
        return None;
    }
    let mut packed = Vec::with_capacity(vector.len() + 4);
    // In range: no number of the vector is larger than the largest.
    packed.extend(vector.iter().map(|x| {
        #[expect(clippy::cast_possible_truncation, reason = "at most 127")]
        let byte = (f64::from(*x) / largest * 127.0).round() as i8;
        byte.cast_unsigned()
    }));
    #[expect(clippy::cast_possible_truncation, reason = "a factor needs no more digits")]
    let factor = (largest / 127.0 / length) as f32;
    packed.extend(factor.to_le_bytes());
    Some(packed)
}

/// The numbers of a packed vector, and its factor; `None` when it is too short to be one.
pub fn unpack(packed: &[u8]) -> Option<(&[u8], f32)> {
    let (bytes, factor) = packed.split_last_chunk::<4>()?;
    Some((bytes, f32::from_le_bytes(*factor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_vector_points_the_same_way() {
        let vector = [0.3_f32, -2.0, 0.001, 1.5];
        let packed = pack(&vector).unwrap();
        let (bytes, factor) = unpack(&packed).unwrap();
        let back: Vec<_> = bytes.iter().map(|byte| f32::from(byte.cast_signed()) * factor).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let cosine = vector.iter().zip(&back).map(|(a, b)| a * b).sum::<f32>() / length;
        assert!((cosine - 1.0).abs() < 0.01, "{cosine}");
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        for bad in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0]] {
            assert_eq!(pack(bad), None, "{bad:?}");
        }
    }
}

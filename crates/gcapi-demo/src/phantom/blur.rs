//! The sharpness that devices lack.

/// Weighs each voxel with its neighbours `stride` before and after it. The
/// weights sum to a power of two. What lies beyond the ends is left as it is;
/// between one row and the next there is only air.
pub(crate) fn blur(voxels: Vec<i16>, stride: usize, [before, here, after]: [i32; 3]) -> Vec<i16> {
    let sum = before + here + after;
    let mut blurred = voxels.clone();
    let (Some(middle), Some(later)) = (voxels.get(stride..), voxels.get(2 * stride..)) else {
        return blurred;
    };
    let targets = blurred.iter_mut().skip(stride);
    for (target, ((a, b), c)) in targets.zip(voxels.iter().zip(middle).zip(later)) {
        let weighed = before * i32::from(*a) + here * i32::from(*b) + after * i32::from(*c);
        *target = i16::try_from(weighed.div_euclid(sum)).unwrap_or(i16::MAX);
    }
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_spreads_and_the_ends_stay() {
        assert_eq!(blur(vec![0, 0, 8, 0, 4], 1, [1, 2, 1]), [0, 2, 4, 3, 4]);
        assert_eq!(blur(vec![-1, 3], 1, [1, 2, 1]), [-1, 3]);
    }
}

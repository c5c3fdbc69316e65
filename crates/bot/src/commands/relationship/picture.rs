//! The picture of a bond: the character's face, a heart for each stage, and how affection went.

use std::io::Cursor;

use domain::memory::bond::Stage;
use image::{ImageFormat, Rgba, RgbaImage, imageops::FilterType};

const WIDTH: u32 = 720;
const HEIGHT: u32 = 280;
const MARGIN: f32 = 24.0;
/// The face.
const FACE: f32 = 112.0;
/// Where the course begins.
const LEFT: f32 = MARGIN * 2.0 + FACE;
const TOP: f32 = 76.0;
const BOTTOM: f32 = HEIGHT as f32 - MARGIN;
/// A heart's half width.
const HEART: f32 = 16.0;

type Colour = [u8; 3];

const GROUND: Colour = [0x2b, 0x2d, 0x31];
const BAND: Colour = [0x35, 0x38, 0x3e];
const LINE: Colour = [0xf2, 0x7b, 0xa5];
const EMPTY: Colour = [0x4a, 0x4d, 0x55];

/// Draws it as a PNG; `course` is affection day by day, today last, 0 to 100. `None` when it cannot be encoded.
pub(super) fn draw(course: &[u8], affection: u8, face: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut picture = RgbaImage::from_pixel(WIDTH, HEIGHT, opaque(GROUND));
    bands(&mut picture);
    curve(&mut picture, course);
    hearts(&mut picture, affection);
    portrait(&mut picture, face);
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}

fn opaque([red, green, blue]: Colour) -> Rgba<u8> {
    Rgba([red, green, blue, 255])
}

/// Lays a colour over a pixel, with a strength of 0 to 1.
fn lay(picture: &mut RgbaImage, x: u32, y: u32, colour: Colour, strength: f32) {
    if x >= WIDTH || y >= HEIGHT || strength <= 0.0 {
        return;
    }
    let pixel = picture.get_pixel_mut(x, y);
    for (channel, new) in pixel.0.iter_mut().zip(colour) {
        *channel =
            (f32::from(*channel) + (f32::from(new) - f32::from(*channel)) * strength.min(1.0)).round() as u8;
    }
}

/// Where an affection stands.
fn height(affection: f32) -> f32 {
    BOTTOM - (BOTTOM - TOP) * affection / 100.0
}

/// Every other stage has a lighter ground.
fn bands(picture: &mut RgbaImage) {
    for (number, stage) in Stage::ALL.iter().enumerate() {
        let top = Stage::ALL.get(number + 1).map_or(100.0, |next| f32::from(next.from()));
        let (from, until) = (height(top), height(f32::from(stage.from())));
        for y in from as u32..until as u32 {
            for x in LEFT as u32..(WIDTH as f32 - MARGIN) as u32 {
                lay(picture, x, y, BAND, if number % 2 == 0 { 0.6 } else { 1.0 });
            }
        }
    }
}

fn curve(picture: &mut RgbaImage, course: &[u8]) {
    let right = WIDTH as f32 - MARGIN;
    let last = course.len().saturating_sub(1).max(1) as f32;
    let at = |x: f32| {
        let day = (x - LEFT) / (right - LEFT) * last;
        let (before, share) = (day.floor() as usize, day.fract());
        let one = f32::from(course.get(before).copied().unwrap_or_default());
        let two = f32::from(course.get(before + 1).or(course.last()).copied().unwrap_or_default());
        // Eased, so that days are not corners.
        let eased = share * share * (3.0 - 2.0 * share);
        height(one + (two - one) * eased)
    };
    for x in LEFT as u32..right as u32 {
        let here = at(x as f32);
        // A steep piece is as thick as a flat one.
        let slope = (at(x as f32 + 1.0) - here).abs();
        let thick = 2.0 * slope.hypot(1.0);
        for y in TOP as u32..BOTTOM as u32 {
            let distance = y as f32 - here;
            if distance > 0.0 {
                let depth = distance / (BOTTOM - TOP);
                lay(picture, x, y, LINE, 0.34 * (1.0 - depth));
            }
            lay(picture, x, y, LINE, thick - distance.abs() + 0.5);
        }
    }
    let (x, y) = (right - 1.0, at(right - 1.0));
    disc(picture, (x, y), 6.0, LINE);
}

fn disc(picture: &mut RgbaImage, (x, y): (f32, f32), radius: f32, colour: Colour) {
    let around = radius + 1.0;
    for py in (y - around).max(0.0) as u32..=(y + around) as u32 {
        for px in (x - around).max(0.0) as u32..=(x + around) as u32 {
            let distance = (px as f32 - x).hypot(py as f32 - y);
            lay(picture, px, py, colour, radius - distance + 0.5);
        }
    }
}

/// One heart for each stage, as full as the stage is reached.
fn hearts(picture: &mut RgbaImage, affection: u8) {
    for (number, stage) in Stage::ALL.iter().enumerate() {
        let next = Stage::ALL.get(number + 1).map_or(100, |next| next.from());
        let width = f32::from(next - stage.from());
        let share = (f32::from(affection.saturating_sub(stage.from())) / width).clamp(0.0, 1.0);
        let x = LEFT + HEART + number as f32 * (HEART * 2.0 + 14.0);
        heart(picture, (x, 42.0), share);
    }
}

/// Source of the curve: (x² + y² − 1)³ − x²y³ = 0.
fn heart(picture: &mut RgbaImage, (x, y): (f32, f32), full: f32) {
    const STEPS: i32 = 3;
    let reach = HEART * 1.2;
    for py in (y - reach) as u32..=(y + reach) as u32 {
        for px in (x - reach) as u32..=(x + reach) as u32 {
            let mut inside = 0;
            for step in 0..STEPS * STEPS {
                let (sx, sy) = ((step % STEPS) as f32 / STEPS as f32, (step / STEPS) as f32 / STEPS as f32);
                let (hx, hy) = ((px as f32 + sx - x) / HEART * 1.15, (y - py as f32 - sy) / HEART * 1.15);
                let sum = hx * hx + hy * hy - 1.0;
                inside += i32::from(sum * sum * sum - hx * hx * hy * hy * hy <= 0.0);
            }
            let cover = inside as f32 / (STEPS * STEPS) as f32;
            let filled = (px as f32 - (x - HEART)) / (HEART * 2.0) < full;
            lay(picture, px, py, if filled { LINE } else { EMPTY }, cover);
        }
    }
}

/// The face in a ring; a plain disc where there is none.
fn portrait(picture: &mut RgbaImage, face: Option<&[u8]>) {
    let (x, y, radius) = (MARGIN + FACE / 2.0, HEIGHT as f32 / 2.0, FACE / 2.0);
    disc(picture, (x, y), radius + 4.0, LINE);
    disc(picture, (x, y), radius, EMPTY);
    let Some(face) = face.and_then(|bytes| image::load_from_memory_with_format(bytes, ImageFormat::Png).ok())
    else {
        return;
    };
    let size = FACE as u32;
    let face = face.resize_to_fill(size, size, FilterType::Triangle).to_rgba8();
    for (px, py, pixel) in face.enumerate_pixels() {
        let distance = (px as f32 + 0.5 - radius).hypot(py as f32 + 0.5 - radius);
        let strength = (radius - distance + 0.5).clamp(0.0, 1.0) * f32::from(pixel.0[3]) / 255.0;
        let [red, green, blue, _] = pixel.0;
        lay(picture, (x - radius) as u32 + px, (y - radius) as u32 + py, [red, green, blue], strength);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(course: &[u8], affection: u8) -> RgbaImage {
        let bytes = draw(course, affection, None).unwrap();
        image::load_from_memory(&bytes).unwrap().to_rgba8()
    }

    fn pink(picture: &RgbaImage) -> usize {
        picture.pixels().filter(|pixel| pixel.0 == opaque(LINE).0).count()
    }

    #[test]
    fn more_affection_is_more_colour_and_any_course_can_be_drawn() {
        let none = pixels(&[0; 60], 0);
        assert_eq!(none.dimensions(), (WIDTH, HEIGHT));
        let some: Vec<u8> = (0..60).map(|day| day as u8).collect();
        assert!(pink(&pixels(&some, 59)) > pink(&none) + 500);
        for course in [&[][..], &[100], &[0, 100]] {
            pixels(course, 100);
        }
        assert!(draw(&[50; 60], 50, Some(b"no picture")).is_some());
    }
}

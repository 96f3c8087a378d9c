//! Curves in the complex plane as SVG: regions of stability and other figures with the same scale on both axes.

use super::axis::Axis;
use super::svg::{
    Area, BOLD, Drawn, FAINT, GRID, INK, RIVALS, THIN, UNIT, WIDTH, at, line, ours_colour, style, text, wrap,
};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The outline of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Its name in the legend.
    pub name: String,
    /// Whether it is drawn bold, as that of a method under test.
    pub ours: bool,
    /// Its pieces, as points `(x, y)` to be joined by lines.
    pub pieces: Vec<Vec<(f64, f64)>>,
}

/// Outlines in one plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    /// What is shown.
    pub title: String,
    /// The horizontal axis.
    pub x: String,
    /// The vertical axis.
    pub y: String,
    /// What must be known to read it.
    pub caption: String,
    /// The outlines.
    pub outlines: Vec<Outline>,
}

const TOP: f64 = 52.0;
const LEFT: f64 = 84.0;
const BELOW: f64 = 58.0;
const LINE: f64 = 19.0;
/// The plot is at most this high.
const HIGHEST: f64 = 640.0;

/// The picture: the same scale on both axes, the legend beside it, the axes of the plane as thin lines.
///
/// # Errors
/// [`Error::NotFinite`] for a point that is not finite; [`Error::Refused`] if the picture cannot be drawn.
pub fn plane_svg(plane: &Plane) -> Result<String> {
    let points = || plane.outlines.iter().flat_map(|outline| outline.pieces.iter().flatten());
    if let Some((x, y)) = points().find(|(x, y)| !x.is_finite() || !y.is_finite()) {
        let place = format!("the point ({x}, {y}) of {:?}", plane.title);
        return Err(Error::NotFinite { quantity: "a point of the picture".into(), place });
    }
    let layout = Layout::of(plane);
    let size = ((WIDTH * UNIT) as u32, (layout.height * UNIT) as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        layout
            .draw(plane, &root)
            .and_then(|()| root.present())
            .map_err(|e| Error::refused(format!("the picture {:?} cannot be drawn: {e}", plane.title)))?;
    }
    let fine = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    Ok(svg.replacen(&fine, &format!("width=\"{WIDTH}\" height=\"{}\"", layout.height), 1))
}

struct Layout {
    x: Axis,
    y: Axis,
    right: f64,
    bottom: f64,
    height: f64,
    caption: Vec<String>,
}

impl Layout {
    fn of(plane: &Plane) -> Self {
        let points = || plane.outlines.iter().flat_map(|outline| outline.pieces.iter().flatten());
        let longest = plane.outlines.iter().map(|outline| outline.name.chars().count()).max().unwrap_or(0);
        let widest = WIDTH - (44.0 + 7.2 * longest as f64).clamp(120.0, 320.0) - 16.0 - LEFT;
        // The origin is always in sight.
        let (x, y) = (
            Axis::over(points().map(|p| p.0).chain([0.0]), false),
            Axis::over(points().map(|p| p.1).chain([0.0]), false),
        );
        let scale = (widest / x.span()).min(HIGHEST / y.span());
        let caption = wrap(&plane.caption, 150);
        let bottom = TOP + (scale * y.span()).max(LINE * plane.outlines.len() as f64);
        let height = bottom + BELOW + 15.0 * caption.len() as f64;
        let right = LEFT + scale * x.span();
        // A figure that is lower than its legend keeps its scale: the vertical axis then shows more.
        let y = y.widened((bottom - TOP) / scale);
        Self { x, y, right, bottom, height, caption }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = LEFT + self.x.place(x) * (self.right - LEFT);
        (across, self.bottom - self.y.place(y) * (self.bottom - TOP))
    }

    fn draw(&self, plane: &Plane, area: &Area) -> Drawn {
        area.fill(&WHITE)?;
        for (part, label) in self.x.ticks(10) {
            let x = LEFT + part * (self.right - LEFT);
            line(area, &[(x, TOP), (x, self.bottom)], 1.0, &GRID)?;
            text(area, &label, (x, self.bottom + 8.0), 13.0, INK, (HPos::Center, VPos::Top))?;
        }
        for (part, label) in self.y.ticks(10) {
            let y = self.bottom - part * (self.bottom - TOP);
            line(area, &[(LEFT, y), (self.right, y)], 1.0, &GRID)?;
            text(area, &label, (LEFT - 8.0, y), 13.0, INK, (HPos::Right, VPos::Center))?;
        }
        let origin = self.place((0.0, 0.0));
        line(area, &[(LEFT, origin.1), (self.right, origin.1)], 1.0, &FAINT)?;
        line(area, &[(origin.0, TOP), (origin.0, self.bottom)], 1.0, &FAINT)?;
        let (mut ours, mut rivals, mut y) = (0, 0, TOP + 8.0);
        for outline in &plane.outlines {
            let (look, colour) = if outline.ours {
                ours += 1;
                (BOLD, ours_colour(ours - 1))
            } else {
                rivals += 1;
                (THIN, RIVALS[(rivals - 1) % RIVALS.len()])
            };
            for piece in &outline.pieces {
                let places: Vec<_> = piece.iter().map(|&point| self.place(point)).collect();
                line(area, &places, look.width, &colour)?;
            }
            let x = self.right + 16.0;
            line(area, &[(x, y), (x + 24.0, y)], look.width, &colour)?;
            text(area, &outline.name, (x + 32.0, y), 13.0, INK, (HPos::Left, VPos::Center))?;
            y += LINE;
        }
        let middle = f64::midpoint(LEFT, self.right);
        text(area, &plane.x, (middle, self.bottom + 32.0), 14.0, INK, (HPos::Center, VPos::Top))?;
        let upward = style(14.0, INK, (HPos::Center, VPos::Center)).transform(FontTransform::Rotate270);
        area.draw(&Text::new(plane.y.clone(), at((22.0, f64::midpoint(TOP, self.bottom))), upward))?;
        let bold = ("sans-serif", 17.0 * UNIT * 1.24, FontStyle::Bold).into_font().color(&INK);
        area.draw(&Text::new(plane.title.clone(), at((LEFT, 16.0)), bold.pos(Pos::new(HPos::Left, VPos::Top))))?;
        for (i, words) in self.caption.iter().enumerate() {
            let y = self.bottom + BELOW + 15.0 * i as f64;
            text(area, words, (LEFT, y), 11.0, FAINT, (HPos::Left, VPos::Top))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(name: &str, ours: bool) -> Outline {
        let point = |i: u32| {
            let angle = f64::from(i) / 50.0 * std::f64::consts::TAU;
            (angle.cos() - 1.0, angle.sin())
        };
        Outline { name: name.into(), ours, pieces: vec![(0..=50).map(point).collect()] }
    }

    #[test]
    fn circles_are_round_and_stand_in_the_legend() {
        let plane = Plane {
            title: "a < b".into(),
            x: "Re z".into(),
            y: "Im z".into(),
            caption: "A disc.".into(),
            outlines: vec![circle("Euler", true)],
        };
        let svg = plane_svg(&plane).unwrap();
        assert!(svg.contains("a &lt; b") && svg.contains("\nEuler\n") && svg.contains("Re z"));
        let layout = Layout::of(&plane);
        let (left, right) = (layout.place((-2.0, 0.0)), layout.place((0.0, 0.0)));
        let (low, high) = (layout.place((-1.0, -1.0)), layout.place((-1.0, 1.0)));
        assert!(((right.0 - left.0) - (low.1 - high.1)).abs() < 1e-9);
        // The curve that is drawn goes through these places.
        for (x, y) in [left, right] {
            let place = format!("{},{}", (x * UNIT).round() as i32, (y * UNIT).round() as i32);
            assert!(svg.contains(&place), "{place}");
        }
    }

    #[test]
    fn odd_planes_are_drawn_or_refused() {
        assert!(plane_svg(&Plane::default()).is_ok());
        let mut plane =
            Plane { outlines: (0..60).map(|i| circle(&i.to_string(), false)).collect(), ..Plane::default() };
        assert!(plane_svg(&plane).unwrap().contains("\n59\n"));
        plane.outlines[0].pieces[0][0].0 = f64::NAN;
        assert!(plane_svg(&plane).is_err());
    }
}

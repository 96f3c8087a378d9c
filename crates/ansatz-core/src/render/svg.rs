//! The work–error picture as SVG.

use super::axis::Axis;
use crate::{Error, Frontier, Point, Result, Series};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Units of the drawing a pixel of the shown picture: coordinates are whole numbers, so it is drawn larger.
pub(super) const UNIT: f64 = 4.0;
pub(super) const WIDTH: f64 = 980.0;
const PLOT_HEIGHT: f64 = 440.0;
const TOP: f64 = 52.0;
const LEFT: f64 = 84.0;
/// Axis labels and title below the plot.
const BELOW: f64 = 58.0;
const LINE: f64 = 19.0;

pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT: RGBColor = RGBColor(120, 120, 120);
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);
/// Vermilion, and hues after Okabe & Ito 2008 that the colour-blind can tell apart, darkened for thin lines.
const OURS: RGBColor = RGBColor(213, 60, 0);
pub(super) const RIVALS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(0, 140, 105),
    RGBColor(204, 121, 167),
    RGBColor(196, 140, 0),
    RGBColor(86, 170, 225),
    RGBColor(106, 61, 154),
    RGBColor(110, 110, 110),
    RGBColor(140, 86, 35),
    RGBColor(30, 60, 110),
    RGBColor(110, 140, 20),
];

/// How strongly a method is drawn.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) width: f64,
    marker: f64,
    opacity: f64,
}

pub(super) const BOLD: Look = Look { width: 3.2, marker: 5.6, opacity: 1.0 };
pub(super) const THIN: Look = Look { width: 1.4, marker: 4.2, opacity: 0.55 };

/// A point of the picture, for the page that shows values under the pointer.
#[derive(serde::Serialize)]
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) series: usize,
    pub(super) work: f64,
    pub(super) error: f64,
}

/// The picture of a frontier: error (logarithmic) against work, one marker and colour a method, the legend beside it.
/// Each method is a staircase through its undominated points; those under test are bold and on top.
///
/// # Errors
/// [`Error::Refused`] if the picture cannot be drawn.
pub fn svg(frontier: &Frontier) -> Result<String> {
    Ok(picture(frontier)?.0)
}

/// The picture, and where its points lie in it.
pub(super) fn picture(frontier: &Frontier) -> Result<(String, Vec<Placed>)> {
    let layout = Layout::of(frontier);
    let placed = layout.placed(frontier);
    let mut text = String::new();
    let size = ((WIDTH * UNIT) as u32, (layout.height * UNIT) as u32);
    {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        layout
            .draw(frontier, &root)
            .and_then(|()| root.present())
            .map_err(|e| Error::refused(format!("the picture {:?} cannot be drawn: {e}", frontier.title)))?;
    }
    // Shown at its nominal size; the view box keeps the fine coordinates.
    let (fine, shown) = (
        format!("width=\"{}\" height=\"{}\"", size.0, size.1),
        format!("width=\"{WIDTH}\" height=\"{}\"", layout.height),
    );
    Ok((text.replacen(&fine, &shown, 1), placed))
}

struct Layout {
    x: Axis,
    y: Axis,
    right: f64,
    height: f64,
    caption: Vec<String>,
}

impl Layout {
    fn of(frontier: &Frontier) -> Self {
        let points = || frontier.series.iter().flat_map(|s| &s.points);
        let entries = frontier.series.len() + usize::from(frontier.floor.is_some());
        let longest = frontier.series.iter().map(|s| s.name.chars().count()).max().unwrap_or(0);
        let legend = (44.0 + 7.2 * longest as f64).clamp(120.0, 320.0);
        let caption = wrap(&frontier.caption, 150);
        let plot = PLOT_HEIGHT.max(LINE * entries as f64);
        Self {
            x: Axis::over(points().map(|p| p.work), frontier.log_work),
            y: Axis::over(points().map(|p| p.error).chain(frontier.floor), true),
            right: WIDTH - legend - 16.0,
            height: TOP + plot + BELOW + 15.0 * caption.len() as f64,
            caption,
        }
    }

    fn bottom(&self) -> f64 {
        self.height - BELOW - 15.0 * self.caption.len() as f64
    }

    fn place(&self, point: Point) -> (f64, f64) {
        let x = LEFT + self.x.place(point.work) * (self.right - LEFT);
        (x, self.bottom() - self.y.place(point.error) * (self.bottom() - TOP))
    }

    fn placed(&self, frontier: &Frontier) -> Vec<Placed> {
        let place = |(series, point): (usize, Point)| {
            let (x, y) = self.place(point);
            Placed { x: x * UNIT, y: y * UNIT, series, work: point.work, error: point.error }
        };
        let all = frontier.series.iter().enumerate().flat_map(|(i, s)| s.points.iter().map(move |&p| (i, p)));
        all.map(place).collect()
    }

    fn draw(&self, frontier: &Frontier, area: &Area) -> Drawn {
        area.fill(&WHITE)?;
        self.draw_axes(frontier, area)?;
        let rivals = || frontier.series.iter().filter(|s| !s.ours).enumerate();
        let ours = || frontier.series.iter().filter(|s| s.ours).enumerate();
        for (i, series) in rivals() {
            self.draw_series(area, series, 1 + i, RIVALS[i % RIVALS.len()], THIN)?;
        }
        // On top, so that no rival hides the method under test.
        for (i, series) in ours() {
            self.draw_series(area, series, 0, ours_colour(i), BOLD)?;
        }
        self.draw_legend(frontier, area)
    }

    /// A staircase through the undominated points (the error that so much work buys: between two results nothing is
    /// promised), and a marker at every point.
    fn draw_series(&self, area: &Area, series: &Series, shape: usize, colour: RGBColor, look: Look) -> Drawn {
        let mut stairs: Vec<(f64, f64)> = Vec::new();
        for point in series.pareto() {
            let (x, y) = self.place(point);
            if let Some(&(_, before)) = stairs.last() {
                stairs.push((x, before));
            }
            stairs.push((x, y));
        }
        line(area, &stairs, look.width, &colour.mix(look.opacity))?;
        series.points.iter().try_for_each(|&point| marker(area, self.place(point), look.marker, shape, colour))
    }

    fn draw_axes(&self, frontier: &Frontier, area: &Area) -> Drawn {
        let bottom = self.bottom();
        for (at, label) in self.x.ticks(12) {
            let x = LEFT + at * (self.right - LEFT);
            line(area, &[(x, TOP), (x, bottom)], 1.0, &GRID)?;
            text(area, &label, (x, bottom + 8.0), 13.0, INK, (HPos::Center, VPos::Top))?;
        }
        for (at, label) in self.y.ticks(11) {
            let y = bottom - at * (bottom - TOP);
            line(area, &[(LEFT, y), (self.right, y)], 1.0, &GRID)?;
            text(area, &label, (LEFT - 8.0, y), 13.0, INK, (HPos::Right, VPos::Center))?;
        }
        if let Some(floor) = frontier.floor {
            let (_, y) = self.place(Point { work: 0.0, error: floor });
            dashes(area, (LEFT, self.right), y, FAINT)?;
        }
        line(area, &[(LEFT, TOP), (LEFT, bottom), (self.right, bottom)], 1.3, &INK)?;
        let middle = f64::midpoint(LEFT, self.right);
        text(area, &frontier.work, (middle, bottom + 32.0), 14.0, INK, (HPos::Center, VPos::Top))?;
        let style = style(14.0, INK, (HPos::Center, VPos::Center)).transform(FontTransform::Rotate270);
        area.draw(&Text::new(frontier.error.clone(), at((22.0, f64::midpoint(TOP, bottom))), style))?;
        let bold = ("sans-serif", 17.0 * UNIT * 1.24, FontStyle::Bold).into_font().color(&INK);
        area.draw(&Text::new(frontier.title.clone(), at((LEFT, 16.0)), bold.pos(Pos::new(HPos::Left, VPos::Top))))?;
        for (i, words) in self.caption.iter().enumerate() {
            let y = bottom + BELOW + 15.0 * i as f64;
            text(area, words, (LEFT, y), 11.0, FAINT, (HPos::Left, VPos::Top))?;
        }
        Ok(())
    }

    fn draw_legend(&self, frontier: &Frontier, area: &Area) -> Drawn {
        let x = self.right + 16.0;
        let ours = frontier.series.iter().filter(|s| s.ours).enumerate();
        let ours = ours.map(|(i, s)| (s, 0, ours_colour(i), BOLD));
        let rivals = frontier.series.iter().filter(|s| !s.ours).enumerate();
        let rivals = rivals.map(|(i, s)| (s, 1 + i, RIVALS[i % RIVALS.len()], THIN));
        let mut y = TOP + 8.0;
        for (series, shape, colour, look) in ours.chain(rivals) {
            line(area, &[(x, y), (x + 24.0, y)], look.width, &colour)?;
            marker(area, (x + 12.0, y), look.marker, shape, colour)?;
            text(area, &series.name, (x + 32.0, y), 13.0, INK, (HPos::Left, VPos::Center))?;
            y += LINE;
        }
        if let Some(floor) = frontier.floor {
            dashes(area, (x, x + 24.0), y, FAINT)?;
            let words = format!("reference error {}", crate::shown(floor));
            text(area, &words, (x + 32.0, y), 13.0, FAINT, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    }
}

pub(super) fn ours_colour(index: usize) -> RGBColor {
    [OURS, BLACK, RGBColor(150, 0, 80)][index % 3]
}

pub(super) fn at((x, y): (f64, f64)) -> (i32, i32) {
    ((x * UNIT).round() as i32, (y * UNIT).round() as i32)
}

pub(super) fn style(size: f64, colour: RGBColor, (h, v): (HPos, VPos)) -> TextStyle<'static> {
    // The backend divides the size by 1.24.
    ("sans-serif", size * UNIT * 1.24).into_font().color(&colour).pos(Pos::new(h, v))
}

pub(super) fn text(
    area: &Area,
    words: &str,
    place: (f64, f64),
    size: f64,
    colour: RGBColor,
    anchor: (HPos, VPos),
) -> Drawn {
    area.draw(&Text::new(words.to_owned(), at(place), style(size, colour, anchor)))
}

pub(super) fn line(area: &Area, places: &[(f64, f64)], width: f64, colour: &impl Color) -> Drawn {
    let places: Vec<_> = places.iter().map(|&p| at(p)).collect();
    area.draw(&PathElement::new(places, colour.stroke_width((width * UNIT).round() as u32)))
}

fn dashes(area: &Area, (from, to): (f64, f64), y: f64, colour: RGBColor) -> Drawn {
    let mut x = from;
    while x < to {
        line(area, &[(x, y), ((x + 6.0).min(to), y)], 1.2, &colour)?;
        x += 10.0;
    }
    Ok(())
}

/// A marker of radius `r`: a disc for shape 0, else one of ten that differ in outline, not only in colour.
fn marker(area: &Area, (x, y): (f64, f64), r: f64, shape: usize, colour: RGBColor) -> Drawn {
    // Unit coordinates, y upward.
    let polygon = |corners: &[(f64, f64)], filled: bool| {
        let mut places: Vec<_> = corners.iter().map(|&(u, v)| at((x + r * u, y - r * v))).collect();
        area.draw(&Polygon::new(places.clone(), if filled { colour } else { WHITE }))?;
        places.push(places[0]);
        area.draw(&PathElement::new(places, colour.stroke_width((1.4 * UNIT) as u32)))
    };
    let strokes = |ends: &[[(f64, f64); 2]]| {
        ends.iter().try_for_each(|pair| line(area, &pair.map(|(u, v)| (x + r * u, y - r * v)), 1.8, &colour))
    };
    let disc = |filled: bool| {
        let radius = (r * UNIT).round() as i32;
        area.draw(&Circle::new(at((x, y)), radius, if filled { colour } else { WHITE }.filled()))?;
        area.draw(&Circle::new(at((x, y)), radius, colour.stroke_width((1.4 * UNIT) as u32)))
    };
    const SQUARE: [(f64, f64); 4] = [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)];
    const DIAMOND: [(f64, f64); 4] = [(-1.15, 0.0), (0.0, -1.15), (1.15, 0.0), (0.0, 1.15)];
    const UP: [(f64, f64); 3] = [(-1.1, -0.8), (1.1, -0.8), (0.0, 1.1)];
    const DOWN: [(f64, f64); 3] = [(-1.1, 0.8), (1.1, 0.8), (0.0, -1.1)];
    if shape == 0 {
        return disc(true);
    }
    match (shape - 1) % 10 {
        0 => polygon(&SQUARE, true),
        1 => polygon(&UP, true),
        2 => polygon(&DIAMOND, true),
        3 => polygon(&DOWN, true),
        4 => disc(false),
        5 => polygon(&SQUARE, false),
        6 => strokes(&[[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]),
        7 => polygon(&UP, false),
        8 => polygon(&DIAMOND, false),
        _ => strokes(&[[(-1.2, 0.0), (1.2, 0.0)], [(0.0, 1.2), (0.0, -1.2)]]),
    }
}

/// Lines of at most `width` characters, broken between words.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frontier(rivals: usize) -> Frontier {
        let mut front = Frontier::new("2^x < & \"x\"", "operations", "max relative error");
        front.ours("found", (2..=10).map(|n| (f64::from(n), 10f64.powf(-1.6 * f64::from(n) + 1.5)))).unwrap();
        for r in 0..rivals {
            let slope = 0.3 + 0.12 * r as f64;
            let points = (1..=7).map(|n| (f64::from(2 * n), 10f64.powf(-slope * f64::from(2 * n))));
            front.rival(&format!("rival {r}"), points).unwrap();
        }
        front.floor = Some(1e-18);
        front.caption = "Measured on one core. ".repeat(12);
        front
    }

    #[test]
    fn every_method_has_its_own_look_and_stands_in_the_legend() {
        let front = frontier(10);
        let picture = svg(&front).unwrap();
        for series in &front.series {
            assert_eq!(picture.matches(&format!("\n{}\n", series.name)).count(), 1, "{}", series.name);
        }
        assert!(picture.contains("2^x &lt; &amp; "), "text is escaped");
        for words in ["operations", "max relative error", "reference error 1.000e-18", "10⁻¹⁴"] {
            assert!(picture.contains(words), "{words} is missing");
        }
        assert!(!picture.contains("NaN") && !picture.contains("inf"));
    }

    #[test]
    fn points_are_where_the_axes_say() {
        let front = frontier(2);
        let (picture, placed) = picture(&front).unwrap();
        assert_eq!(placed.len(), front.series.iter().map(|s| s.points.len()).sum::<usize>());
        let discs: Vec<(f64, f64)> = picture
            .lines()
            .filter_map(|line| {
                let field = |name: &str| line.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?.parse().ok();
                (line.starts_with("<circle")).then(|| Some((field("cx")?, field("cy")?)))?
            })
            .collect();
        for p in placed.iter().filter(|p| p.series == 0) {
            assert!(discs.iter().any(|(x, y)| (x - p.x).abs() <= 0.5 && (y - p.y).abs() <= 0.5));
        }
        let (first, last) = (&placed[0], &placed[8]);
        assert!(first.x < last.x && first.y < last.y, "work grows to the right, error upward");
    }

    #[test]
    fn odd_frontiers_are_drawn_too() {
        svg(&Frontier::new("", "", "")).unwrap();
        let mut front = Frontier::new("exact", "evaluations", "error");
        front.log_work = true;
        front.ours("one", [(10.0, 0.0)]).unwrap();
        assert!(svg(&front).unwrap().contains("<circle"));
        let many = frontier(40);
        let shown = svg(&many).unwrap();
        assert!(shown.contains("rival 39"));
    }
}

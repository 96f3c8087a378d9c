//! Evidence as one HTML page that needs nothing but itself: no network, no fonts, no libraries.

use super::svg;
use crate::{BarStatus, Evidence, Result, shown};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page: claim, verdict, bars, pictures (with the value under the pointer), all points, what was left out, the
/// environment; and the whole record as JSON inside it, from which everything can be made again.
///
/// # Errors
/// [`crate::Error::Refused`] if the record cannot be written or a picture not be drawn.
pub fn page(evidence: &Evidence) -> Result<String> {
    let claim = &evidence.claim;
    let (held, total) = evidence.score();
    let title = format!("{:02} · {}", claim.number, escape(&claim.title));
    let mut body = format!(
        "<h1>{title}</h1>\n<p class=\"citation\">{}</p>\n<p>{}</p>\n\
         <p class=\"verdict {}\">{}: {held} of {total} bars hold at {} scale</p>\n",
        escape(&claim.citation),
        escape(&claim.statement),
        evidence.verdict.to_string().replace(' ', "-"),
        evidence.verdict,
        evidence.scale,
    );
    body += &bars(evidence);
    for frontier in &evidence.frontiers {
        let (picture, placed) = svg::picture(frontier)?;
        let names: Vec<&str> = frontier.series.iter().map(|s| s.name.as_str()).collect();
        let data =
            serde_json::json!({ "work": frontier.work, "error": frontier.error, "names": names, "points": placed });
        _ = writeln!(
            body,
            "<figure>{picture}<script type=\"application/json\">{}</script></figure>",
            in_script(&data.to_string())
        );
        body += &points(frontier);
    }
    for (heading, lines) in [("Left out", &evidence.omissions), ("Notes", &evidence.notes)] {
        if !lines.is_empty() {
            _ = writeln!(body, "<h2>{heading}</h2>\n<ul>");
            for line in lines {
                _ = writeln!(body, "<li>{}</li>", escape(line));
            }
            body += "</ul>\n";
        }
    }
    body += &circumstances(evidence);
    let record = in_script(&evidence.to_json()?);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n{body}<script type=\"application/json\" id=\"evidence\">\n{record}</script>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    ))
}

fn bars(evidence: &Evidence) -> String {
    let mut out = "<h2>Bars</h2>\n<table>\n<tr><th>bar<th>must be<th>measured<th></tr>\n".to_owned();
    for bar in &evidence.bars {
        let class = match bar.status {
            BarStatus::Holds => "holds",
            BarStatus::Fails | BarStatus::NotMeasured => "fails",
            BarStatus::NotChecked | BarStatus::NotApplicable => "not-checked",
        };
        let all: Vec<String> = bar.values.iter().map(|v| shown(v.0)).collect();
        let reason = bar.reason.as_ref().map_or(String::new(), |reason| format!(": {}", escape(reason)));
        _ = writeln!(
            out,
            "<tr><td>{}<td>{}<td title=\"all values: {}\">{}<td class=\"{class}\">{}{reason}</tr>",
            escape(&bar.name),
            bar.inequality(),
            all.join(", "),
            bar.measured.map_or("—".to_owned(), |m| shown(m.0)),
            bar.status,
        );
    }
    out + "</table>\n"
}

fn points(frontier: &crate::Frontier) -> String {
    let mut out = format!(
        "<details><summary>The points in numbers (bold: no other point is better in both)</summary>\n<table>\n\
         <tr><th>method<th>{}<th>{}</tr>\n",
        escape(&frontier.work),
        escape(&frontier.error)
    );
    let front = frontier.pareto();
    for (i, series) in frontier.series.iter().enumerate() {
        for &point in &series.points {
            let class = if front.contains(&(i, point)) { " class=\"best\"" } else { "" };
            let (work, error) = (shown(point.work), point.error);
            _ = writeln!(out, "<tr{class}><td>{}<td>{work}<td>{error:.6e}</tr>", escape(&series.name));
        }
    }
    out + "</table></details>\n"
}

fn circumstances(evidence: &Evidence) -> String {
    let environment = &evidence.environment;
    let seeds: Vec<String> = evidence.seeds.iter().map(|seed| seed.0.to_string()).collect();
    let files: Vec<String> =
        evidence.artefacts.iter().map(|a| format!("{} ({} bytes, CRC-32 {})", a.name, a.bytes, a.crc32)).collect();
    let rows = [
        ("started", evidence.started.clone()),
        ("seconds", format!("{:.1}", evidence.seconds)),
        ("seeds", seeds.join(", ")),
        ("program", evidence.program.clone()),
        ("compiler", format!("{}; {}", environment.rustc, environment.build)),
        ("processor", format!("{}, {} cores", environment.cpu, environment.cores)),
        ("system", environment.os.clone()),
        ("files", files.join(", ")),
    ];
    let mut out = "<h2>Circumstances</h2>\n<table>\n".to_owned();
    for (name, value) in rows {
        _ = writeln!(out, "<tr><th>{name}<td>{}</tr>", escape(&value));
    }
    out + "</table>\n"
}

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that may stand inside a script element: only in strings can `<` occur, and there it may be written so.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::example;

    #[test]
    fn the_page_is_whole_offline_and_carries_its_record() {
        let evidence = example();
        let page = page(&evidence).unwrap();
        for mark in ["http:", "https:", "src=", "@import", "url("] {
            // The name space of SVG is a name, not an address that is fetched.
            let text = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains(mark), "{mark} reaches outside");
        }
        assert!(page.contains("gain, &quot;quoted&quot; &amp; &lt;marked&gt;"));
        assert!(page.contains("fails: 1 of 4 bars hold at laptop scale"));
        // The method called "Taylor </script>" ends no script.
        let scripts = page.matches("<script").count();
        assert_eq!((scripts, page.matches("</script>").count()), (3, 3));
        let record = page.split("id=\"evidence\">").nth(1).unwrap().split("</script>").next().unwrap();
        let back: Evidence = serde_json::from_str(record).unwrap();
        assert_eq!(back.to_json().unwrap(), evidence.to_json().unwrap());
    }
}

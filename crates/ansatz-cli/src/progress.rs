//! Progress on standard error: a line that updates on a terminal, one line every ten seconds elsewhere, JSON on request.

use ansatz_core::Event;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// A line that updates on a terminal, a line every ten seconds elsewhere
    Auto,
    /// One JSON object a line
    Json,
    /// Nothing
    None,
}

/// What the observer of a run does with its events.
pub(crate) fn observer(style: Style) -> impl FnMut(&Event) + Send + 'static {
    let terminal = style == Style::Auto && std::io::stderr().is_terminal();
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(template) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(template);
    }
    let mut last: Option<Instant> = None;
    move |event| match style {
        Style::None => {}
        Style::Json => {
            if let Ok(line) = serde_json::to_string(event) {
                eprintln!("{line}");
            }
        }
        Style::Auto if terminal => {
            bar.set_message(sentence(event));
            bar.tick();
            if event.stopped.is_some() {
                bar.finish_and_clear();
            }
        }
        Style::Auto => {
            if last.is_none_or(|t| t.elapsed() >= Duration::from_secs(10)) || event.stopped.is_some() {
                last = Some(Instant::now());
                eprintln!("{:6.0} s  {}", event.elapsed.as_secs_f64(), sentence(event));
            }
        }
    }
}

fn sentence(event: &Event) -> String {
    let left = event.left.map_or(String::new(), |left| format!("{:.0} s left  ", left.as_secs_f64()));
    match &event.message {
        Some(message) => format!("{left}{message}"),
        None => format!("{left}error {:.3e}  {}", event.error, event.work),
    }
}

/// A flag that the first Ctrl-C sets; the second ends the program at once.
pub(crate) fn interrupt() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    // If no handler can be set, Ctrl-C ends the program as it always did.
    let _ = ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("stopping; once more to end at once");
    });
    flag
}

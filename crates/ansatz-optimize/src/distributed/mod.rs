//! Distributed optimisation with compressed messages.
//!
//! `n` workers minimise `f = (1/n) Σ f_i`. In every round each computes a gradient of its own `f_i` where all stand, and
//! sends one short message; what the messages say together moves everybody.
//!
//! * [`Method`]: what a worker sends and keeps; one file a method, [`EControl`] among them;
//! * [`compress`]: how a vector becomes a message of few bytes;
//! * [`Training`]: the rounds: messages counted, work traced, states saved and resumed;
//! * [`Communicator`]: how processes or threads that hold the workers exchange messages. Results do not depend on how
//!   many there are.
//!
//! ```
//! use ansatz_core::{Run, Seed};
//! use ansatz_optimize::distributed::{EControl, Training, compress::TopK};
//! use ansatz_optimize::problems::Quadratic;
//! // Five workers that disagree, and messages of a tenth of the entries.
//! let problem = Quadratic { workers: 5, dim: 200, zeta: 10.0, ..Quadratic::default() }.build(Seed(1))?;
//! let method = EControl { gamma: 0.05, eta: 0.1, ..EControl::default() };
//! let kept = TopK::fraction(0.1);
//! let trained = Training::new(&method, &kept).rounds(400).solve(&problem, &mut Run::new(Seed(1)))?;
//! assert!(trained.error() < 1e-12);
//! assert_eq!(trained.work.count("bytes sent"), 5 * (800 + 399 * (20 * (32 + 8) / 8)));
//! # Ok::<(), ansatz_core::Error>(())
//! ```

mod communicator;
pub mod compress;
mod compressed_sgd;
mod econtrol;
mod ef21;
mod ef21_sgdm;
mod error_feedback;
mod ideal_feedback;
mod method;
mod named;
mod packet;
mod problem;
mod saved;
mod sgd;
mod threads;
mod training;

pub use communicator::{Alone, Communicator};
pub use compressed_sgd::CompressedSgd;
pub use econtrol::EControl;
pub use ef21::Ef21;
pub use ef21_sgdm::Ef21Sgdm;
pub use error_feedback::ErrorFeedback;
pub use ideal_feedback::IdealFeedback;
pub use method::{Combination, Local, Method, Start};
pub use named::{METHODS, Setting, named};
pub use problem::Problem;
pub use sgd::Sgd;
pub use threads::on_threads;
pub use training::{Point, Trained, Training};

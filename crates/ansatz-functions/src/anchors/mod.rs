//! What a discovered program is compared with: the classical approximations, and programs known from the literature.

pub mod literature;

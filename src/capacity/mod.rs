//! Who and what is promised to what, and whether it fits.

pub mod feasibility;

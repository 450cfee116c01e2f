//! Stories about the core, driven as the window drives it.

mod crash;
mod diary;
mod faults;
mod first_run;
mod lock;
mod memory;
mod meter;
mod people;
mod reminder;
mod report;
mod vectors;
